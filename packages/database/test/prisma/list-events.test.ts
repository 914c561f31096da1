import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { derivedId, newId } from '@posthorn/core';
import { acceptEvents } from '../../src/events/accept-events.js';
import { listEvents } from '../../src/events/events.js';
import type { NewEvent } from '../../src/events/new-event.js';
import { openPrisma, type PrismaDb } from '../../src/prisma-client/client.js';
import { addTenant, newEvent } from '../fixtures/rows.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();
let prisma: PrismaDb;
let tenantId: string;
/** Pushed ten days, five days and three minutes ago, each read today. */
let old: NewEvent;
let older: NewEvent;
let recent: NewEvent;

const NOW = Date.now();
const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS);

beforeAll(async () => {
  prisma = openPrisma(db.pool);
  tenantId = await addTenant(db.pool);
  const pushed = (at: Date, idTime = at) =>
    newEvent({ id: derivedId(newId(), idTime.getTime()), tenantId, publishedAt: at, pushed: true });
  older = pushed(daysAgo(10), daysAgo(0.5));
  old = pushed(daysAgo(5), daysAgo(0.4));
  recent = pushed(daysAgo(0.3));
  await acceptEvents(db.pool, [older, old, recent]);
});
afterAll(() => prisma.$disconnect());

const list = async (from: number | null, to: number | null) => {
  const range = {
    ...(from !== null && { from: daysAgo(from) }),
    ...(to !== null && { to: daysAgo(to) }),
  };
  const found: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listEvents(prisma, { tenantId, ...range }, { limit: 1, cursor });
    found.push(...page.items.map(({ id }) => id));
    if (page.next === null) return found;
    cursor = page.next;
  }
};

describe('events by the time of their publication', () => {
  it('include an old push on its own day only', async () => {
    expect(await list(6, 4)).toEqual([old.id]);
    expect(await list(11, 4)).toEqual([old.id, older.id]);
    expect(await list(null, 4)).toEqual([old.id, older.id]);
    expect(await list(1, 0)).toEqual([recent.id]);
    expect(await list(6, null)).toEqual([recent.id, old.id]);
    expect(await list(11, 0)).toEqual([recent.id, old.id, older.id]);
    expect(await list(null, null)).toEqual([recent.id, old.id, older.id]);
    expect(await list(4, 2)).toEqual([]);
  });
});
