import { GraphQLError, visit } from 'graphql';
import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ApiContext } from './context.ts';

const asksForSchema = new WeakMap<DocumentNode, boolean>();

/** The schema is shown to those who are signed in. Not a validation rule: those are cached without regard to who asks. */
export function introspectionForSignedIn(): Plugin<ApiContext> {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      if ((args.contextValue as ApiContext).actor || !readsSchema(args.document as DocumentNode)) return;
      setResultAndStopExecution({
        errors: [new GraphQLError('Sign in to read the schema.', { extensions: { code: 'UNAUTHENTICATED' } })],
      });
    },
  };
}

function readsSchema(document: DocumentNode): boolean {
  const known = asksForSchema.get(document);
  if (known !== undefined) return known;
  let reads = false;
  visit(document, {
    Field(node) {
      if (node.name.value === '__schema' || node.name.value === '__type') reads = true;
    },
  });
  asksForSchema.set(document, reads);
  return reads;
}
