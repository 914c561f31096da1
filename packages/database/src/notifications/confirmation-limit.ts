import type { PrismaTransaction } from '../prisma-client/client.js';

/** Maximum number of requests to confirm an address in 30 days, of all tenants together. There is at most one a day. */
export const MAX_CONFIRMATIONS = 3;

/** When an address may be asked again; the times of `requested_at` are in order. */
const RETRY_AT = `greatest(
  requested_at[cardinality(requested_at)] + interval '1 day',
  requested_at[cardinality(requested_at) - ${MAX_CONFIRMATIONS - 1}] + interval '30 days'
)`;

const COUNT = `
INSERT INTO confirmation_limit AS known (address_hash, requested_at) VALUES ($1, ARRAY[now()])
ON CONFLICT (address_hash) DO UPDATE
  SET requested_at = (known.requested_at || now())[cardinality(known.requested_at) - ${MAX_CONFIRMATIONS - 2}:]
  WHERE ${RETRY_AT.replaceAll('requested_at', 'known.requested_at')} <= now()
RETURNING true AS counted`;

/** Its own statement, because it must see the row of another transaction that the one before has waited for. */
const READ = `
SELECT ceil(extract(epoch FROM ${RETRY_AT} - now()))::int AS seconds FROM confirmation_limit WHERE address_hash = $1`;

/**
 * Counts a request to confirm an address, unless its limit is reached. Returns null if it was counted, otherwise the time after which
 * it can be repeated, in seconds.
 */
export async function countConfirmation(
  transaction: PrismaTransaction,
  addressHash: Buffer,
): Promise<number | null> {
  const counted = await transaction.$queryRawUnsafe<unknown[]>(COUNT, addressHash);
  if (counted.length > 0) return null;
  const [row] = await transaction.$queryRawUnsafe<{ seconds: number }[]>(READ, addressHash);
  return row?.seconds ?? 0;
}
