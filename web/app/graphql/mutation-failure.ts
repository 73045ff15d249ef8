import type { OperationResult } from '@urql/core';
import { apiErrorFacts } from './api-error.ts';
import { readFragment, type FragmentType } from './gql/fragment-masking.ts';
import { graphql } from './gql/gql.ts';

/** What every mutation asks for beside its payload. Under another name, as payloads have a field `message` of their own. */
const MutationFailure_UserErrorFragment = graphql(`
  fragment MutationFailure_UserError on UserError {
    failure: message
  }
`);

/**
 * What a refused mutation said, for people; null when it was carried out.
 * @throws Error when it was refused but its document does not ask why: that would read as a success
 */
export function mutationFailure(result: Pick<OperationResult, 'error' | 'data'>): string | null {
  if (result.error) return apiErrorFacts(result.error).message;
  for (const [field, answer] of Object.entries((result.data ?? {}) as Record<string, unknown>)) {
    if (isUserError(answer)) return readFragment(MutationFailure_UserErrorFragment, answer).failure;
    const typename = typenameOf(answer);
    if (typename?.endsWith('Error'))
      throw new Error(`${field} was refused with ${typename}: its document must ask ...MutationFailure_UserError`);
  }
  return null;
}

function isUserError(answer: unknown): answer is FragmentType<typeof MutationFailure_UserErrorFragment> {
  return typeof answer === 'object' && answer !== null && 'failure' in answer;
}

function typenameOf(answer: unknown): string | null {
  return typeof answer === 'object' && answer !== null && '__typename' in answer ? String(answer.__typename) : null;
}
