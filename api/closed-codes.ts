import type { Plugin } from 'graphql-yoga';
import { toClosedCode } from './graphql-errors.ts';

/** Yoga gives codes of its own to what it refuses after everything else has run; clients are promised the closed set. */
export function closedCodes(): Plugin {
  return {
    onResultProcess({ result, setResult }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result || !result.errors?.length) return;
      setResult({ ...result, errors: result.errors.map(toClosedCode) });
    },
  };
}
