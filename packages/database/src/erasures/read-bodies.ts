import { cooperativeYield } from '@posthorn/core';
import type pg from 'pg';
import { loadPayloads } from '../events/read-payloads.js';
import { bodyOpener, type StoredBody } from '../events/stored-body.js';
import type { PayloadKeys } from '../encryption/payload-keys.js';

/** An event as it is stored. */
export interface BodyRow extends StoredBody {
  id: string;
  context: unknown;
}

/** Returns the bodies of events, also of those whose payload is sealed or stored apart. Null for one that has expired. */
export async function readBodies(
  pool: pg.Pool,
  rows: readonly BodyRow[],
  payloadKeys: PayloadKeys,
): Promise<Map<string, string | null>> {
  // Also from the table of a day that expires just now: its payloads that are still needed are moved.
  const events = rows.map(({ id, context }) => ({ eventId: id, context }));
  const payloads = await loadPayloads(pool, events, Number.MAX_SAFE_INTEGER);
  const stored = rows.map((row) => {
    const payload = payloads.get(row.id);
    return { id: row.id, body: payload === undefined || payload === 'deferred' ? row : payload };
  });
  const open = await bodyOpener(
    payloadKeys,
    stored.map(({ body }) => body),
  );
  const yielder = cooperativeYield();
  const bodies = new Map<string, string | null>();
  for (const { id, body } of stored) {
    bodies.set(id, open(id, body).body);
    if (yielder.tick()) await yielder.yield();
  }
  return bodies;
}
