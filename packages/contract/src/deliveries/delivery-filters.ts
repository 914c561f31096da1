import { z } from 'zod';
import { rule } from '../values/rule.js';
import { text } from '../values/text.js';

/** What the list of deliveries can be filtered by: the statuses of deliveries, and two kinds of pending ones. */
const LISTED_STATUSES = [
  'pending',
  'retrying',
  'held',
  'succeeded',
  'failed',
  'dropped',
  'available',
] as const;

export type ListedStatus = (typeof LISTED_STATUSES)[number];

/** A range of HTTP statuses, both ends included. Null: no response. */
export type StatusRange = { from: number; to: number } | null;

/** Maximum number of values in a filter. */
const MAX_VALUES = 20;

/**
 * A query parameter with several values, separated by commas. `value` is a regular expression that matches each of them, `parsed` the
 * schema of each.
 */
const commaSeparated = <Parsed extends z.ZodType<unknown, string>>(
  value: string,
  { parsed, ...meta }: { parsed: Parsed; example: string; description: string },
) => {
  const pattern = `^(?:${value})(?:,(?:${value})){0,${MAX_VALUES - 1}}$`;
  // regexp-reviewed -- the values of both callers have no repetition, and are separated by commas
  const regexp = new RegExp(pattern);
  return text(256)
    .regex(regexp, rule('list_of', { max: MAX_VALUES, example: meta.example }))
    .transform((list) => [...new Set(list.split(','))])
    .pipe(z.array(parsed))
    .meta({ pattern, ...meta });
};

export const listedStatuses = commaSeparated(LISTED_STATUSES.join('|'), {
  parsed: z.enum(LISTED_STATUSES),
  example: 'retrying,failed',
  description:
    'Statuses, separated by commas. `retrying`: pending, and waits for another attempt after a failure. `held`: pending, and waits ' +
    'for the limits of its webhook. `pending` includes both.',
});

export const responseStatuses = commaSeparated('none|[1-5](?:xx|[0-9]{2})', {
  parsed: z.string().transform(rangeOf),
  example: '429,5xx,none',
  description:
    'HTTP statuses of the last attempt, separated by commas: `503`, `5xx` for all from 500 to 599, or `none` for an attempt without ' +
    'a response. Without `status`, succeeded deliveries are left out unless a value is a 2xx status. A page may have fewer ' +
    'deliveries than `limit`, even none, while `nextCursor` is not null, because a call reads a limited number of deliveries.',
});

function rangeOf(value: string): StatusRange {
  if (value === 'none') return null;
  return { from: Number(value.replace('xx', '00')), to: Number(value.replace('xx', '99')) };
}
