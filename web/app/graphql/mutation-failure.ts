import type { OperationResult } from '@urql/core';
import { apiErrorFacts } from './api-error.ts';

/** What a refused mutation said, for people; null when it was carried out. */
export function mutationFailure(result: Pick<OperationResult, 'error' | 'data'>): string | null {
  if (result.error) return apiErrorFacts(result.error).message;
  for (const answer of Object.values((result.data ?? {}) as Record<string, unknown>)) {
    if (isUserError(answer)) return answer.message ?? answer.failure ?? answer.code;
  }
  return null;
}

/** `failure` is the message under another name, where the payload has a field `message` of its own. */
function isUserError(answer: unknown): answer is { code: string; message?: string; failure?: string } {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    '__typename' in answer &&
    String(answer.__typename).endsWith('Error') &&
    'code' in answer
  );
}
