import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Field, Input } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';
import { Logo } from '../frame/logo.tsx';

interface SignInFormProps {
  next: string;
  isExpired: boolean;
  /** Where this system would share its cookie with nothing else; null: here. */
  ownHost: string | null;
  refused: { email: string; message: string } | null;
}

/** A plain form: it works before, and without, any script. */
export function SignInForm({ next, isExpired, ownHost, refused }: SignInFormProps) {
  const [isSending, setSending] = useState(false);
  return (
    <main className="grid min-h-dvh place-items-center px-5 py-10">
      <div className="w-full max-w-85">
        <Logo className="mb-5 size-9" />
        <h1 className="text-title font-semibold">Sign in to OvermindOps</h1>
        <p className="mb-6 mt-1 text-muted">Your agents, your machines.</p>
        {refused ? (
          <Notice kind="error" role="alert" className="mb-4">
            {refused.message}
          </Notice>
        ) : isExpired ? (
          <Notice kind="info" role="status" className="mb-4">
            Your session has ended. Sign in to go on where you were.
          </Notice>
        ) : null}
        <form method="post" action="/sign-in" className="flex flex-col gap-4" onSubmit={() => setSending(true)}>
          <input type="hidden" name="next" value={next} />
          <Field label="Email">
            <Input
              name="email"
              type="email"
              autoComplete="username"
              required
              autoFocus={!refused}
              defaultValue={refused?.email}
              className="h-10"
            />
          </Field>
          <Field label="Password">
            <Input
              name="password"
              type="password"
              autoComplete="current-password"
              required
              autoFocus={Boolean(refused)}
              className="h-10"
            />
          </Field>
          <Button type="submit" variant="primary" size="lg" isBusy={isSending} className="mt-1">
            Sign in
          </Button>
        </form>
        <p className="mt-6 text-xs text-faint text-pretty">
          The first administrator’s password was printed in the terminal when the system was set up.
        </p>
        {ownHost ? (
          <p className="mt-3 text-xs text-faint text-pretty">
            At this address your browser gives your session to every program on this machine that you open at localhost,
            whatever its port. Better open{' '}
            <a href={ownHost} className="underline">
              {ownHost.replace(/^https?:\/\//, '')}
            </a>
            , if your browser knows it.
          </p>
        ) : null}
      </div>
    </main>
  );
}
