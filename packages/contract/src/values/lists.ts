import { z } from 'zod';
import { rule } from './rule.js';
import { since1970 } from './moment.js';

const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

/** Returns the cursor that continues a list after the item `id`, a UUID. Opaque to clients. */
export function encodeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

/** Returns the UUID in a cursor, or null if the cursor is invalid. */
export function decodeCursor(cursor: string): string | null {
  if (!/^[A-Za-z0-9_-]{22}$/.test(cursor)) return null;
  const hex = Buffer.from(cursor, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const limit = z
  .string()
  .refine((text) => /^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= MAX_PAGE_SIZE, {
    message: rule('out_of_range', { min: 1, max: MAX_PAGE_SIZE }),
  })
  .transform(Number)
  .default(DEFAULT_PAGE_SIZE)
  .meta({
    type: 'integer',
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    default: DEFAULT_PAGE_SIZE,
    description: 'Maximum number of items to return.',
  });

const CURSOR_DESCRIPTION = 'The `nextCursor` of the previous page. Default: the first page.';

const cursor = z
  .string()
  .transform((text, context) => {
    const id = decodeCursor(text);
    if (id !== null) return id;
    context.addIssue({ code: 'custom', message: rule('not_cursor') });
    return z.NEVER;
  })
  .optional()
  .meta({ pattern: '^[A-Za-z0-9_-]{22}$', description: CURSOR_DESCRIPTION });

/** A position in a list that is sorted by the rank of its items, then newest first. */
export interface SortedPosition {
  id: string;
  /** The rank of the item; null in a list that is not sorted. */
  rank: number | null;
}

/** Characters of a rank in a cursor: a double in base64url. */
const RANK_LENGTH = 11;

export function encodeSortedCursor({ id, rank }: SortedPosition): string {
  return `${rank === null ? '' : encodeRank(rank)}${encodeCursor(id)}`;
}

function encodeRank(rank: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(rank);
  return bytes.toString('base64url');
}

/** As `cursor`, for lists that can be sorted. Parsed to the position of the last item of the previous page. */
export const sortedCursor = z
  .string()
  .transform((text, context): SortedPosition => {
    const rankText = text.slice(0, -22);
    const id = decodeCursor(text.slice(-22));
    const rank = rankText === '' ? null : decodeRank(rankText);
    if (id !== null && (rank === null || Number.isFinite(rank))) return { id, rank };
    context.addIssue({ code: 'custom', message: rule('not_cursor') });
    return z.NEVER;
  })
  .optional()
  .meta({ pattern: '^(?:[A-Za-z0-9_-]{11})?[A-Za-z0-9_-]{22}$', description: CURSOR_DESCRIPTION });

/** Returns NaN for an invalid rank. */
function decodeRank(text: string): number {
  const bytes = Buffer.from(text, 'base64url');
  return text.length === RANK_LENGTH && bytes.length === 8 ? bytes.readDoubleBE() : Number.NaN;
}

/** The query parameters of every list. The cursor is parsed to the id of the last item of the previous page. */
export const pageQuery = { limit, cursor };

/** As `pageQuery`, for items identified by name. The cursor is parsed to the last name of the previous page. */
export const namePageQuery = {
  limit,
  cursor: z
    .string()
    .max(512)
    .regex(/^[A-Za-z0-9_-]+$/, rule('not_cursor'))
    .transform((text) => Buffer.from(text, 'base64url').toString().replaceAll('\0', ''))
    .optional()
    .meta({ description: CURSOR_DESCRIPTION }),
};

/** Returns the cursor that continues a list after the item `name`. */
export function encodeNameCursor(name: string): string {
  return Buffer.from(name).toString('base64url');
}

/** A range of creation times: `from` is inclusive, `to` is exclusive. */
export const timeRange = {
  from: since1970.optional().meta({ description: 'Returns only items created at or after this time.' }),
  to: since1970.optional().meta({ description: 'Returns only items created before this time.' }),
};

/** One page of a list. `id` names its schema: `WebhookPage`. */
export const pageOf = <Item extends z.ZodType>(item: Item, id: `${string}Page`) =>
  z
    .strictObject({
      data: z.array(item),
      nextCursor: z
        .string()
        .nullable()
        .meta({ description: 'The `cursor` of the next page. Null on the last page.' }),
    })
    .meta({ id });

/** A time in a response: RFC 3339 in UTC, with milliseconds. */
export const timestamp = z.iso.datetime().meta({ example: '2026-01-31T12:00:00.000Z' });
