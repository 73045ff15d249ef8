import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';
import './scalars.ts';
import './errors.ts';
import './users.ts';
import './projects.ts';
import './memberships.ts';
import './access-changes.ts';
import './agents.ts';
import './agent-presets.ts';
import './tasks.ts';
import './task-lists.ts';
import './board.ts';
import './task-mutations.ts';
import './runs.ts';
import './run-talk.ts';
import './model-prices.ts';
import './artifacts.ts';
import './conversations.ts';
import './message-tasks.ts';
import './recordings.ts';
import './recording-mutations.ts';
import './state.ts';
import './cycles.ts';
import './runners.ts';
import './runner-calls.ts';
import './runner-talk.ts';
import './landings.ts';
import './runner-page.ts';
import './runner-reports.ts';
import './repositories.ts';
import './deletions.ts';
import './events.ts';
import './run-subscriptions.ts';
import './health.ts';
import './system.ts';

/**
 * Builds the schema. Deny by default: a root field that does not say who may reach it is a mistake, found here
 * and not in production.
 */
export function buildSchema(): GraphQLSchema {
  const schema = builder.toSchema();
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const options = field.extensions['pothosOptions'] as { authScopes?: unknown } | undefined;
      if (!options?.authScopes)
        throw new Error(`${root?.name}.${field.name} does not say who may reach it (authScopes)`);
    }
  }
  return schema;
}
