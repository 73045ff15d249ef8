import { setTimeout as sleep } from 'node:timers/promises';
import type { Core } from './core.ts';

const RETRY_MS = 500;

/** Whom it does not let in, and which database it does not have: waiting changes nothing. @source PostgreSQL appendix A */
const REFUSED = /^(?:28|3D)/;

/** Asks until PostgreSQL answers, and says once why it has to wait: a database that starts later is no reason to end. */
export async function untilDatabaseAnswers({ pool, logger }: Pick<Core, 'pool' | 'logger'>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await pool.query('select 1');
      return;
    } catch (error) {
      if (REFUSED.test(String((error as { code?: unknown }).code))) throw error;
      if (attempt === 1) logger.warn({ err: error }, 'PostgreSQL does not answer; waiting for it');
    }
    await sleep(RETRY_MS);
  }
}
