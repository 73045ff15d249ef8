import type { ApiContext } from '#api/context.ts';
import { builder } from './builder.ts';

interface Health {
  database: boolean;
  redis: boolean;
}

/** Asks both, each with its own short limit, so that one that hangs is told from one that answers. */
export async function checkHealth({ core }: Pick<ApiContext, 'core'>): Promise<Health> {
  const answers = async (ask: Promise<unknown>): Promise<boolean> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), 2_000)));
    const asked = ask.then(
      () => true,
      () => false,
    );
    return Promise.race([asked, late]).finally(() => clearTimeout(timer));
  };
  const [database, redis] = await Promise.all([answers(core.pool.query('select 1')), answers(core.redis.ping())]);
  return { database, redis };
}

const HealthType = builder.objectRef<Health>('Health').implement({
  description: 'Whether the parts answer.',
  fields: (t) => ({
    database: t.exposeBoolean('database', { description: 'PostgreSQL: without it nothing works.' }),
    redis: t.exposeBoolean('redis', { description: 'Redis: without it live updates are slower and nothing is lost.' }),
  }),
});
builder.queryField('health', (t) =>
  t.field({
    type: HealthType,
    nullable: true,
    description: 'Whether the parts answer.',
    authScopes: { public: true },
    resolve: (_root, _args, context) => checkHealth(context),
  }),
);
