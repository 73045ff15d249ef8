/**
 * The token a client sends when it connects. There is no rule for where it stands; these are the places that clients use.
 * @returns undefined when there is none at all, so that the cookie counts; what is no token is refused by whoever looks it up
 */
export function tokenOf(params: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const headers = params?.['headers'] as Record<string, unknown> | null | undefined;
  const said = [
    params?.['authorization'],
    params?.['Authorization'],
    headers?.['authorization'],
    headers?.['Authorization'],
    params?.['token'],
  ];
  const text = said.find((value) => typeof value === 'string');
  return text?.replace(/^Bearer +/i, '');
}
