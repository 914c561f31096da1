import { Prisma } from '../generated/client.js';

/** Casts a value parsed from JSON for a jsonb column. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value comes from JSON.parse
  return value as Prisma.InputJsonValue;
}

/** Like `toJson`, for a nullable column: null becomes SQL NULL, not JSON null. */
export function toJsonOrNull(value: unknown): Prisma.InputJsonValue | typeof Prisma.DbNull {
  return value === null ? Prisma.DbNull : toJson(value);
}
