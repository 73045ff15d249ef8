import { isRouteErrorResponse, useRouteError } from '@remix-run/react';
import { buttonClass } from '../ui/button.tsx';

interface Words {
  status: string;
  title: string;
  text: string;
  /** Asking again changes nothing. */
  isFinal?: boolean;
}

/** What a whole page, or the part of it that failed, shows in place of itself. */
export function PageError({ isInFrame = false }: { isInFrame?: boolean }) {
  const words = describe(useRouteError());
  return (
    <main
      className={`flex flex-col items-center justify-center gap-3 px-6 text-center ${isInFrame ? 'h-full min-h-80' : 'min-h-dvh'}`}
    >
      <p className="font-mono text-dense text-faint">{words.status}</p>
      <h1 className="text-title font-semibold">{words.title}</h1>
      <p className="max-w-md text-muted text-pretty">{words.text}</p>
      <div className="mt-3 flex gap-2">
        {/* Whole pages on purpose: after a fault nothing of this page's state is trusted. */}
        {words.isFinal ? null : (
          <a href="" className={buttonClass()}>
            Try again
          </a>
        )}
        <a href="/projects" className={buttonClass(words.isFinal ? {} : { variant: 'ghost' })}>
          All projects
        </a>
      </div>
    </main>
  );
}

function describe(error: unknown): Words {
  if (!isRouteErrorResponse(error)) {
    return {
      status: 'Error',
      title: 'This page stopped working',
      text: 'It has been logged. Loading the page again usually helps.',
    };
  }
  const status = String(error.status);
  if (error.status === 404)
    return {
      status,
      title: 'Nothing here',
      text: 'The address leads nowhere, or to something you may not see. It may also have been removed.',
      isFinal: true,
    };
  if (error.status === 503)
    return {
      status,
      title: 'The server is away',
      text: typeof error.data === 'string' && error.data ? error.data : 'It may be starting. Try again in a moment.',
    };
  if (error.status === 403)
    return {
      status,
      title: 'Not allowed',
      text: typeof error.data === 'string' ? error.data : 'You may not do this.',
      isFinal: true,
    };
  return {
    status,
    title: 'The server could not answer',
    text: typeof error.data === 'string' && error.data ? error.data : 'It has been logged. Try again in a moment.',
  };
}
