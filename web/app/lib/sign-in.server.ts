import { data, redirect, type AppLoadContext } from '@remix-run/node';
import { Client, fetchExchange } from '@urql/core';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { forwardedHeaders } from '~/graphql/server-query.server.ts';
import { formText, rawFormText } from './form-text.ts';
import { endedSessionCookie, readSessionToken, safeNextPath, sessionCookie } from './session.server.ts';
import { waitText } from './time-text.ts';

const SignIn_Mutation = graphql(`
  mutation SignIn($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on LoginPayload {
        token
        expiresAt
      }
      ... on RateLimitedError {
        retryAfterMs
      }
      ...MutationFailure_UserError
    }
  }
`);

const SignOut_Mutation = graphql(`
  mutation SignOut {
    logout {
      __typename
      ...MutationFailure_UserError
    }
  }
`);

const LiveSession_Query = graphql(`
  query LiveSession {
    viewer {
      id
    }
  }
`);

interface Incoming {
  request: Request;
  context: AppLoadContext;
}

export interface SignInRefusal {
  email: string;
  message: string;
  /** Where the person was going: the form keeps it. */
  next: string;
}

/** Signs in with the posted form; answers with the way on and the cookie, or with the form and the reason. */
export async function signIn({ request, context }: Incoming, form: FormData) {
  const email = formText(form, 'email');
  const password = rawFormText(form, 'password');
  const next = safeNextPath(formText(form, 'next'));
  const refuse = (message: string, status: number) => data<SignInRefusal>({ email, message, next }, status);
  if (!email || !password) return refuse('Enter your email address and your password.', 400);

  const result = await apiClient({ request, context }, { isAnonymous: true })
    .mutation(SignIn_Mutation, { input: { email, password } })
    .toPromise();
  if (result.error) {
    const facts = apiErrorFacts(result.error);
    if (facts.code === 'UNAUTHENTICATED') return refuse('Email address or password is wrong.', 401);
    return refuse(facts.message, facts.code === 'UNAVAILABLE' ? 503 : 500);
  }
  const answer = result.data?.login;
  if (answer?.__typename === 'RateLimitedError')
    return refuse(`Too many attempts. Try again ${waitText(answer.retryAfterMs)}.`, 429);
  if (answer?.__typename !== 'LoginPayload')
    return refuse(mutationFailure(result) ?? 'The server gave no answer. Try again.', 400);
  const cookie = sessionCookie(answer.token, { expiresAt: new Date(answer.expiresAt), isHttps: context.isHttps });
  return redirect(next, { headers: { 'Set-Cookie': cookie } });
}

/** Ends the session at the API and forgets its cookie. Without the API the cookie goes all the same. */
export async function signOut(incoming: Incoming) {
  if (readSessionToken(incoming.request.headers.get('cookie'), incoming.context.isHttps)) {
    const { error, data: answer } = await apiClient(incoming).mutation(SignOut_Mutation, {}).toPromise();
    if (error && !['UNAUTHENTICATED', 'UNAVAILABLE'].includes(apiErrorFacts(error).code)) throw error;
    const refusal = mutationFailure({ data: answer });
    if (refusal) throw new Error(`Signing out was refused: ${refusal}`);
  }
  return redirect('/sign-in', { headers: { 'Set-Cookie': endedSessionCookie(incoming.context.isHttps) } });
}

/** Whether the request's cookie still stands for a session. */
export async function hasLiveSession(incoming: Incoming): Promise<boolean> {
  if (!readSessionToken(incoming.request.headers.get('cookie'), incoming.context.isHttps)) return false;
  const { data: answer } = await apiClient(incoming).query(LiveSession_Query, {}).toPromise();
  return Boolean(answer?.viewer);
}

function apiClient(incoming: Incoming, { isAnonymous = false }: { isAnonymous?: boolean } = {}): Client {
  const { authorization, ...headers } = forwardedHeaders(incoming);
  return new Client({
    url: `${incoming.context.apiOrigin}/graphql`,
    exchanges: [fetchExchange],
    preferGetMethod: false,
    // A dead session's token would be refused before the password is even looked at.
    fetchOptions: { headers: isAnonymous || !authorization ? headers : { ...headers, authorization } },
  });
}
