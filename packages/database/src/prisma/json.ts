import { Prisma } from '../generated/client.js';

/** A value that came from JSON, for a jsonb column. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what JSON.parse made is JSON
  return value as Prisma.InputJsonValue;
}

/** The same for a column that may be empty: SQL's null, not JSON's. */
export function toJsonOrNull(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === null ? Prisma.DbNull : toJson(value);
}
