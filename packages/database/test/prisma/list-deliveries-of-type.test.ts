import { beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import type { DeliveryFilter, DeliveryRecord } from '../../src/deliveries/delivery-query.js';
import { listDeliveries } from '../../src/deliveries/list-deliveries.js';
import { acceptEvents } from '../../src/events/accept-events.js';
import { idFloor } from '../../src/ids/id-floor.js';
import { openPrisma, type PrismaDb } from '../../src/prisma-client/client.js';
import { isTimeout } from '../../src/prisma-client/prisma-errors.js';
import { createPartitions } from '../../src/retention/create-partitions.js';
import { settle } from '../fixtures/outcomes.js';
import { addTenant, addWebhook, newEvent } from '../fixtures/rows.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();
const DAY_MS = 86_400_000;

describe('listDeliveries by event type', () => {
  let prisma: PrismaDb;
  let tenantId: string;
  /** The ids of the events of the type, oldest first. */
  let eventIds: string[];

  beforeAll(async () => {
    prisma = openPrisma(db.pool);
    const now = new Date();
    await createPartitions(db.pool, now);
    tenantId = await addTenant(db.pool);
    for (let count = 0; count < 3; count += 1) await addWebhook(db.pool, { tenantId });
    // These events were pushed on other days.
    const yesterday = now.getTime() - (now.getTime() % DAY_MS) - DAY_MS;
    const pushed = [yesterday, now.getTime() + DAY_MS].map((timeMs) => idFloor(timeMs));
    const [early = '', late = ''] = pushed;
    const posted = [newId(), newId(), newId()];
    eventIds = [early, ...posted, late];
    const ofType = eventIds.map((id) => newEvent({ id, tenantId, type: 'a.b' }));
    const [first] = await acceptEvents(db.pool, [...ofType, newEvent({ tenantId, type: 'a.c' })]);
    await settle(db.pool, (first?.deliveries ?? []).map(({ id }) => id), 'failed'); // prettier-ignore
  });

  async function pages(limit: number, filter: Partial<DeliveryFilter> = {}): Promise<DeliveryRecord[][]> {
    const found: DeliveryRecord[][] = [];
    let cursor: string | undefined;
    do {
      const page = await listDeliveries(prisma, { tenantId, eventType: 'a.b', ...filter }, { limit, cursor });
      found.push(page.items);
      cursor = page.next ?? undefined;
    } while (cursor !== undefined);
    return found;
  }

  it.each([1, 2, 3, 4, 100])('returns the newest events first, in pages of %d', async (limit) => {
    const found = await pages(limit);
    expect(found.slice(0, -1).every(({ length }) => length === limit)).toBe(true);
    const all = found.flat();
    expect(new Set(all.map(({ id }) => id)).size).toBe(15);
    expect(all.map(({ eventId }) => eventId)).toEqual(eventIds.toReversed().flatMap((id) => [id, id, id]));
  });

  it.each([1, 2, 100])('finds the few matching deliveries among many, in pages of %d', async (limit) => {
    const found = (await pages(limit, { status: ['failed'] })).flat();
    expect(found.map(({ eventId }) => eventId)).toEqual([eventIds[0], eventIds[0], eventIds[0]]);
  });

  it('filters by the time of the event', async () => {
    const around = { from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 60_000) };
    expect((await pages(4, around)).flat()).toHaveLength(9);
    expect((await pages(4, { to: around.from })).flat()).toHaveLength(3);
    expect((await pages(4, { from: around.to })).flat()).toHaveLength(3);
  });

  it('throws a timeout if it does not find enough matching deliveries in time', async () => {
    const few = { tenantId, eventType: 'a.b', status: ['dropped' as const] };
    const timedOut = listDeliveries(prisma, few, { limit: 1 }, { timeoutMs: 0 });
    expect(await timedOut.catch(isTimeout)).toBe(true);
    expect((await listDeliveries(prisma, few, { limit: 1 })).items).toEqual([]);
  });

  it('returns nothing for another tenant or type', async () => {
    expect(await pages(4, { tenantId: await addTenant(db.pool) })).toEqual([[]]);
    expect(await pages(4, { eventType: 'never' })).toEqual([[]]);
    expect((await pages(4, { tenantId: null })).flat()).toHaveLength(15);
  });
});
