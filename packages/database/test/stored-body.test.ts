import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { loadDeliveries } from '../src/deliveries/load-deliveries.js';
import { NO_PAYLOAD_KEYS } from '../src/encryption/payload-keys.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { findEvent, listEvents } from '../src/events/events.js';
import { bodyOf, deflateBody } from '../src/events/stored-body.js';
import { addTenant, addWebhook, newEvent } from './fixtures/rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const bodyWith = (data: string) =>
  `{"id":"evt_1","type":"a.b","timestamp":"2026-02-01T00:00:00.123Z","data":${JSON.stringify(data)}}`;

/** Returns how many bytes of the body are stored, in which column. */
async function storedBytes(eventId: string): Promise<{ text: number | null; deflated: number | null }> {
  const { rows } = await db.pool.query(
    'SELECT octet_length(body) AS text, octet_length(deflated_body) AS deflated FROM event WHERE id = $1',
    [eventId],
  );
  return rows[0];
}

describe('the body of an event', () => {
  it.each([
    ['short', 'x', false],
    ['of about 1 KB', 'note: café ☕ '.repeat(60), true],
    ['that PostgreSQL compresses itself', 'x'.repeat(4000), false],
  ])('%s is read as it was accepted', async (_what, data, isDeflated) => {
    const tenantId = await addTenant(db.pool);
    await addWebhook(db.pool, { tenantId });
    const body = bodyWith(data);
    const [accepted] = await acceptEvents(db.pool, [newEvent({ tenantId, body })]);
    const id = accepted?.eventId ?? '';
    const stored = await storedBytes(id);
    expect(stored.text === null).toBe(isDeflated);
    if (isDeflated) expect(stored.deflated).toBeLessThan(body.length / 2);
    expect(await loadDeliveries(db.pool, [accepted?.deliveries[0]?.id ?? ''])).toMatchObject([{ body }]);
    expect(await findEvent(db.prisma, { id, tenantId }, NO_PAYLOAD_KEYS)).toMatchObject({ body });
    expect((await listEvents(db.prisma, { tenantId }, { limit: 1 })).items).toMatchObject([
      { id, occurredAt: '2026-02-01T00:00:00.123Z' },
    ]);
  });

  it('is the same after it was deflated, whatever it contains', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 200, maxLength: 2000 }), (text) => {
        const deflatedBody = deflateBody(text);
        if (deflatedBody) expect(bodyOf({ body: null, deflatedBody })).toBe(text);
      }),
    );
  });
});
