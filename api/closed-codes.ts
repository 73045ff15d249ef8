import type { Plugin } from 'graphql-yoga';
import type { ApiContext } from './context.ts';
import { toClosedCode, withoutSuggestion } from './graphql-errors.ts';

/**
 * Yoga gives codes of its own to what it refuses after everything else has run; clients are promised the closed set.
 * @param isExplorable whether who is signed in may be told names from the schema when he has mistaken one
 */
export function closedCodes(isExplorable: boolean): Plugin {
  return {
    onResultProcess({ result, setResult, serverContext }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result || !result.errors?.length) return;
      const withSuggestions = isExplorable && (serverContext as unknown as ApiContext).actor !== null;
      setResult({
        ...result,
        errors: result.errors.map(toClosedCode).map((error) => (withSuggestions ? error : withoutSuggestion(error))),
      });
    },
  };
}
