/** Prisma's code of a violated unique constraint. @source Prisma error reference, P2002 */
export function isUniqueViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'P2002';
}
