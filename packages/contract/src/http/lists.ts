import { z } from 'zod';
import { moment } from '../moment.js';

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

/** The cursor that continues a list after the item `id`, a UUID. Opaque to clients. */
export function encodeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** The UUID in a cursor, or null when it is not one of ours. */
export function decodeCursor(cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]{22}$/.test(cursor)) return null;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const limit = z
  .string()
  .refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_PAGE_SIZE, {
    message: `must be a whole number from 1 to ${MAX_PAGE_SIZE}`,
  })
  .transform(Number)
  .default(DEFAULT_PAGE_SIZE)
  .meta({ type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE });

const cursor = z
  .string()
  .transform((text, context) => {
    const id = decodeCursor(text);
    if (id !== null) return id;
    context.addIssue({ code: 'custom', message: 'must be the nextCursor of an earlier page' });
    return z.NEVER;
  })
  .optional()
  .meta({ pattern: '^[A-Za-z0-9_-]{22}$', description: 'The `nextCursor` of the page before.' });

/** What every list takes. The cursor becomes the id of the last item already seen. */
export const pageQuery = { limit, cursor };

/** The query of a list whose items are told apart by name; its cursor becomes the last name already seen. */
export const namePageQuery = {
  limit,
  cursor: z
    .string()
    .max(512)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be the nextCursor of an earlier page')
    .transform((text) => Buffer.from(text, 'base64url').toString().replaceAll('\0', ''))
    .optional()
    .meta({ description: 'The `nextCursor` of the page before.' }),
};

/** The cursor that continues a list after the item called `name`. */
export function encodeNameCursor(name: string): string {
  return Buffer.from(name).toString('base64url');
}

/** Bounds in time: `from` belongs to the range, `to` does not. */
export const timeRange = {
  from: moment.optional().meta({ description: 'Only what was made at this moment or later.' }),
  to: moment.optional().meta({ description: 'Only what was made before this moment.' }),
};

/** One page of a list, newest first. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    data: z.array(item),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page.' }),
  });

/** A moment in an answer: RFC 3339, UTC, milliseconds. */
export const timestamp = z.iso.datetime().meta({ example: '2026-01-31T12:00:00.000Z' });
