import { Prisma } from '../generated/client.js';

/** Returns a WHERE clause that combines the conditions with AND. Skips `false`; returns nothing if all are false. */
export function whereClause(conditions: readonly (Prisma.Sql | false)[]): Prisma.Sql {
  const present = conditions.filter((condition) => condition !== false);
  return present.length > 0 ? Prisma.sql`WHERE ${Prisma.join(present, ' AND ')}` : Prisma.empty;
}
