import { CSRF_HEADER } from '#contract/http-names.ts';
import { stringifyDocument, type AnyVariables, type TypedDocumentNode } from '@urql/core';

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string }[];
}

/**
 * Asks the API without the cache: for what is large, kept elsewhere, and never changed (log lines).
 * @throws Error with the API's message
 */
export async function requestOnce<Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch('/graphql', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json', [CSRF_HEADER]: '1' },
    body: JSON.stringify({ query: stringifyDocument(document), variables }),
  });
  const answer = (await response.json()) as Answer<Data>;
  if (!answer.data) throw new Error(answer.errors?.[0]?.message ?? `The server answered ${response.status}`);
  return answer.data;
}
