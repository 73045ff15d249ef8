import type { Plugin } from 'graphql-yoga';
import { toClosedCode, withoutSuggestion } from './graphql-errors.ts';

/**
 * Yoga gives codes of its own to what it refuses after everything else has run; clients are promised the closed set.
 * @param withSuggestions whether a mistake may be answered with names from the schema
 */
export function closedCodes(withSuggestions: boolean): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result || !result.errors?.length) return;
      setResult({
        ...result,
        errors: result.errors.map(toClosedCode).map((error) => (withSuggestions ? error : withoutSuggestion(error))),
      });
    },
  };
}
