import { GraphQLError } from 'graphql';
import type { ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** Answers after this time whatever happens; what the database is doing then ends by its own statement timeout. */
export function timeLimit(ms: number): Plugin {
  return {
    onExecute({ executeFn, setExecuteFn }) {
      setExecuteFn(async (args) => {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<ExecutionResult>((resolve) => {
          timer = setTimeout(
            () =>
              resolve({
                errors: [
                  new GraphQLError(`This took longer than ${ms / 1000} s.`, { extensions: { code: 'UNAVAILABLE' } }),
                ],
              }),
            ms,
          );
        });
        return Promise.race([Promise.resolve(executeFn(args) as ExecutionResult), late]).finally(() =>
          clearTimeout(timer),
        );
      });
    },
  };
}
