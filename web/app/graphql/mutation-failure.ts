import type { OperationResult } from '@urql/core';
import { apiErrorFacts } from './api-error.ts';

/** What a refused mutation said, for people; null when it was carried out. */
export function mutationFailure(result: Pick<OperationResult, 'error' | 'data'>): string | null {
  if (result.error) return apiErrorFacts(result.error).message;
  for (const answer of Object.values((result.data ?? {}) as Record<string, unknown>)) {
    if (isUserError(answer)) return answer.message;
  }
  return null;
}

function isUserError(answer: unknown): answer is { message: string } {
  return typeof answer === 'object' && answer !== null && 'message' in answer && 'code' in answer && typeof answer.message === 'string';
}
