import { dataTextOf, type FoundSearchValue, redactData, searchValuesIn } from '@posthorn/core';
import { readPayloads } from './read-payloads.js';
import { bodyOpener, type StoredBody } from './stored-body.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';
import type { PrismaTransaction } from '../prisma-client/client.js';

/** Longest body that is read, in bytes: a page of the largest events has 6 MB. */
export const MAX_READ_BODY_BYTES = 32 * 1024;

/** The most that is read of payloads that are stored apart, in bytes. */
const MAX_PAYLOADS_BYTES = 200 * MAX_READ_BODY_BYTES;

interface Row extends StoredBody {
  id: string;
  context: unknown;
  searchKeys: string[];
  redact: string[];
}

/**
 * Returns the values of events at the search keys of their types. Reads only the bodies of types with search keys, and none of more
 * than `MAX_READ_BODY_BYTES`. With `redacts`, values are hidden as the types require.
 */
export async function readSearchValues(
  prisma: PrismaTransaction,
  eventIds: readonly string[],
  { redacts, payloadKeys }: { redacts: boolean; payloadKeys: PayloadKeys },
): Promise<Map<string, FoundSearchValue[]>> {
  if (eventIds.length === 0) return new Map();
  const rows = await prisma.$queryRaw<Row[]>`
    SELECT e.id, e.context, e.body, e.deflated_body AS "deflatedBody", t.search_keys AS "searchKeys", t.redact
    FROM event e JOIN event_type t ON t.name = e.type
    WHERE e.id = ANY (${eventIds}::uuid[]) AND t.search_keys <> '{}'
      AND coalesce(octet_length(e.body), posthorn_body_bytes(NULL, e.deflated_body), 0) <= ${MAX_READ_BODY_BYTES}`;
  const events = rows.map(({ id: eventId, context }) => ({ eventId, context }));
  const payloads = await readPayloads(events, MAX_PAYLOADS_BYTES, (text, values) =>
    prisma.$queryRawUnsafe(text, ...values),
  );
  const open = await bodyOpener(payloadKeys, [
    ...rows,
    ...[...payloads.values()].filter((payload) => payload !== 'deferred'),
  ]);
  return new Map(
    rows.map(({ id, searchKeys, redact, ...stored }) => {
      const payload = payloads.get(id) ?? stored;
      const body = payload === 'deferred' ? null : open(id, payload).body;
      if (!isReadable(body)) return [id, []];
      const dataText = dataTextOf(body);
      return [id, searchValuesIn(redacts ? redactData(dataText, redact) : dataText, searchKeys)];
    }),
  );
}

const isReadable = (body: string | null): body is string =>
  body !== null && Buffer.byteLength(body) <= MAX_READ_BODY_BYTES;
