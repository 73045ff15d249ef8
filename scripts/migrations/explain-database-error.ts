import { MigrationRefusedError } from './apply-migrations.ts';

/** One sentence for a person about why the database cannot be used; never the password that is in its address. */
export function explainDatabaseError(error: unknown, connectionString: string | undefined): string {
  if (error instanceof MigrationRefusedError) return error.message;
  const where = placeOf(connectionString);
  const code = codeOf(error);
  const message = messageOf(error);
  switch (code) {
    case 'ECONNREFUSED':
      return `DATABASE_URL: nothing answers at ${where}; is PostgreSQL running there?`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `DATABASE_URL: the host of ${where} is not known.`;
    case '28P01':
    case '28000':
      return `DATABASE_URL: ${where} refuses this user or password (${message}).`;
    case '3D000':
      return `DATABASE_URL: ${message} at ${where}; create it first.`;
    default:
      return message.includes('DATABASE_URL') ? message : `The database at ${where} could not be migrated: ${message}`;
  }
}

function placeOf(connectionString: string | undefined): string {
  return connectionString && URL.canParse(connectionString) ? new URL(connectionString).host : 'that address';
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ').trim();
}
