import './styles/app.css';
import type { LinksFunction, LoaderFunctionArgs, MetaFunction } from '@remix-run/node';
import {
  Links,
  Meta,
  Outlet,
  Scripts,
  ScrollRestoration,
  useLoaderData,
  useRouteLoaderData,
  type ShouldRevalidateFunction,
} from '@remix-run/react';
import { useEffect, type ReactNode } from 'react';
import interLatin from '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url';
import { AppProviders } from './components/frame/app-providers.tsx';
import { PageError } from './components/frame/page-error.tsx';
import { HOLD_EARLY_INPUT, releaseEarlyInput } from './lib/early-input.ts';
import { useNonce } from './lib/nonce.tsx';
import { DEFAULT_PREFERENCES, parsePreferences } from './lib/preferences.ts';

export const links: LinksFunction = () => [
  { rel: 'preload', href: interLatin, as: 'font', type: 'font/woff2', crossOrigin: 'anonymous' },
  { rel: 'icon', href: '/favicon.svg', type: 'image/svg+xml' },
  { rel: 'icon', href: '/favicon.ico', sizes: '32x32' },
];

export const meta: MetaFunction = () => [{ title: 'OvermindOps' }];

export function loader({ request }: LoaderFunctionArgs) {
  return {
    preferences: parsePreferences(request.headers.get('cookie')),
    renderedAt: Date.now(),
    isPhone: /Mobile|iPhone|Android/.test(request.headers.get('user-agent') ?? ''),
  };
}

/** What the cookie said when the page was opened holds for its life; the browser keeps what changes. */
export const shouldRevalidate: ShouldRevalidateFunction = () => false;

export function Layout({ children }: { children: ReactNode }) {
  const nonce = useNonce();
  const { theme } = useRouteLoaderData<typeof loader>('root')?.preferences ?? DEFAULT_PREFERENCES;
  useEffect(releaseEarlyInput, []);
  return (
    <html lang="en" data-theme={theme === 'system' ? undefined : theme} suppressHydrationWarning>
      <head>
        <meta charSet="utf-8" />
        <meta
          name="viewport"
          content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
        />
        <meta name="color-scheme" content={theme === 'system' ? 'dark light' : theme} />
        {/* Browsers hide the nonce from the page, and its own build writes the same text differently. */}
        <script nonce={nonce} dangerouslySetInnerHTML={{ __html: HOLD_EARLY_INPUT }} suppressHydrationWarning />
        <Meta />
        <Links />
      </head>
      <body>
        {children}
        <ScrollRestoration nonce={nonce} />
        <Scripts nonce={nonce} />
      </body>
    </html>
  );
}

export default function App() {
  const { preferences, renderedAt } = useLoaderData<typeof loader>();
  return (
    <AppProviders preferences={preferences} renderedAt={renderedAt}>
      <Outlet />
    </AppProviders>
  );
}

export function ErrorBoundary() {
  return <PageError />;
}
