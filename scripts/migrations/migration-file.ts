export interface MigrationFile {
  name: string;
  sql: string;
  /** SHA-256 of the file, hexadecimal: what Prisma's ledger keeps. */
  checksum: string;
}

/** Whether the whole file may run in one transaction, with its row of the ledger. */
export function isTransactional(file: MigrationFile): boolean {
  return !/\bCONCURRENTLY\b/i.test(file.sql);
}
