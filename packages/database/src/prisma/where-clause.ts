import { Prisma } from '../generated/client.js';

/** A WHERE clause of those conditions that are there; none at all when there is none. */
export function whereClause(conditions: readonly (Prisma.Sql | false)[]): Prisma.Sql {
  const present = conditions.filter((condition) => condition !== false);
  return present.length > 0 ? Prisma.sql`WHERE ${Prisma.join(present, ' AND ')}` : Prisma.empty;
}
