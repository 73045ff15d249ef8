import { post } from '#tests/kit/graphql-client.ts';

/** Asks the API; @returns the first field of the answer. @throws Error with the whole answer when it is none */
export type Ask = <T>(query: string, variables?: Record<string, unknown>) => Promise<T>;

/** Signs in as the administrator. */
export async function signIn(url: string, email: string, password: string): Promise<Ask> {
  const login = { input: { email, password } };
  const { token } = await askAs<{ token: string }>(url, null, mutation('login', 'LoginInput', 'token'), login);
  return (query, variables = {}) => askAs(url, token, query, variables);
}

async function askAs<T>(
  url: string,
  token: string | null,
  query: string,
  variables: Record<string, unknown>,
): Promise<T> {
  const answer = await post(url, query, variables, token ?? undefined);
  const [first] = Object.values(answer.data ?? {});
  const isRefused = typeof first === 'object' && first !== null && 'code' in first;
  if (answer.errors || first === null || first === undefined || isRefused)
    throw new Error(`Expected an answer, found ${JSON.stringify(answer)}`);
  return first as T;
}

/** The text of a mutation with one input. @param wanted fields of its payload */
export function mutation(name: string, input: string, wanted: string): string {
  const payload = input.replace(/Input$/, 'Payload');
  return `mutation ($input: ${input}!) { ${name}(input: $input) { ... on ${payload} { ${wanted} } ... on UserError { code message } } }`;
}
