import {
  Client,
  fetchExchange,
  ssrExchange,
  type AnyVariables,
  type SSRData,
  type TypedDocumentNode,
} from '@urql/core';
import { CALLER_NOTE_HEADER } from '#contract/http-names.ts';
import { redirect, type AppLoadContext } from '@remix-run/node';
import { apiErrorFacts, isUnauthenticated } from './api-error.ts';
import { createCacheExchange } from './cache-exchange.ts';
import { readSessionToken } from '~/lib/session.server.ts';

const HTTP_STATUS: Record<string, number> = { NOT_FOUND: 404, FORBIDDEN: 403, RATE_LIMITED: 429, UNAVAILABLE: 503 };

interface Incoming {
  request: Request;
  context: AppLoadContext;
}

/** What a page's loader hands to the browser: the answers, in the form its cache takes over. */
export interface PageData {
  urql: SSRData;
}

/**
 * Asks the API on behalf of the person whose request this is.
 * @throws Response a redirect to the sign-in page without a session, 404 and 403 as the API says, 503 when it is away, 500 for anything else
 */
export async function queryOnServer<Data, Variables extends AnyVariables>(
  { request, context }: Incoming,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<PageData & { data: Data }> {
  const ssr = ssrExchange({ isClient: false });
  const client = new Client({
    url: `${context.apiOrigin}/graphql`,
    exchanges: [createCacheExchange(), ssr, fetchExchange],
    preferGetMethod: false,
    fetchOptions: { headers: forwardedHeaders({ request, context }), signal: request.signal },
  });
  const { data, error } = await client.query(document, variables).toPromise();
  if (error && isUnauthenticated(error)) throw redirectToSignIn({ request, context });
  if (error) {
    const facts = apiErrorFacts(error);
    throw new Response(facts.message, { status: HTTP_STATUS[facts.code] ?? 500, statusText: facts.code });
  }
  if (!data) throw new Error('The API answered with neither data nor an error');
  return { data, urql: ssr.extractData() };
}

export function forwardedHeaders({ request, context }: Incoming): Record<string, string> {
  const token = readSessionToken(request.headers.get('cookie'), context.isHttps);
  // The api's own note of whose request this is: it believes no other word of ours.
  const callerNote = request.headers.get(CALLER_NOTE_HEADER);
  return {
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(callerNote ? { [CALLER_NOTE_HEADER]: callerNote } : {}),
    'user-agent': request.headers.get('user-agent') ?? 'web',
  };
}

/** Signs in first, and comes back to the page that was asked for. */
export function redirectToSignIn({ request, context }: Incoming): Response {
  const { pathname, search } = new URL(request.url);
  const params = new URLSearchParams();
  // Whoever still has a cookie had a session: the sign-in page says what became of it.
  if (readSessionToken(request.headers.get('cookie'), context.isHttps)) params.set('expired', '');
  const next = `${pathname}${search}`;
  if (next !== '/' && next !== '/projects') params.set('next', next);
  return redirect(params.size > 0 ? `/sign-in?${params.toString()}` : '/sign-in');
}
