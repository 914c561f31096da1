import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_TENANT_ID } from '@posthorn/core';
import type { DeliveryRecord } from '../../src/deliveries/delivery-query.js';
import { listDeliveries } from '../../src/deliveries/list-deliveries.js';
import { addSettled, addSettledRows, addWaiting } from '../fixtures/delivery-rows.js';
import { addWebhook, attemptOf, recordNext } from '../fixtures/rows.js';
import { useDatabase } from '../fixtures/use-database.js';

const db = useDatabase();

type Filter = Parameters<typeof listDeliveries>[1];

/** A name for each delivery, by its id. */
const names = new Map<string, string>();
let webhookId: string;

const add = async (name: string, id: Promise<string>) => names.set(await id, name);
const attempts = (status: number | null) => [{ at: new Date(Date.now() - 60_000), status }];

beforeAll(async () => {
  webhookId = await addWebhook(db.pool);
  await add('succeeded', addSettled(db.pool, { webhookId, status: 'succeeded', attempts: attempts(204) }));
  await add('failed 503', addSettled(db.pool, { webhookId, attempts: attempts(503) }));
  await add('failed 404', addSettled(db.pool, { webhookId, attempts: attempts(404) }));
  await add('failed timeout', addSettled(db.pool, { webhookId, attempts: attempts(null) }));
  await add('dropped', addSettled(db.pool, { webhookId, status: 'dropped' }));
  await add(
    'first',
    addWaiting(db.pool, {
      webhookId,
      attemptCount: 0,
      dueInMs: 0,
      parked: false,
    }),
  );
  await add(
    'held first',
    addWaiting(db.pool, {
      webhookId,
      attemptCount: 0,
      parked: false,
      held: true,
    }),
  );
  await add(
    'held retry',
    addWaiting(db.pool, { webhookId, held: true, parked: false, attempts: attempts(301) }),
  );
  const retrying = addWaiting(db.pool, { webhookId });
  await add('retrying', retrying);
  await recordNext(db.pool, [attemptOf(await retrying, { responseStatus: 503 })]);
});

const namesOf = (items: readonly DeliveryRecord[]) =>
  items.map(({ id }) => names.get(id) ?? id).toSorted((a, b) => a.localeCompare(b));

async function found(filter: Partial<Filter>, limit = 100): Promise<string[]> {
  const items: DeliveryRecord[] = [];
  for (let cursor: string | undefined | null; cursor !== null;) {
    const page = await listDeliveries(
      db.prisma,
      { tenantId: DEFAULT_TENANT_ID, ...filter },
      { limit, cursor: cursor ?? undefined },
    );
    items.push(...page.items);
    cursor = page.next;
  }
  const ids = items.map(({ id }) => id);
  if (filter.eventType === undefined) expect(ids).toEqual(ids.toSorted().toReversed());
  return namesOf(items);
}

const FAILED = ['failed 404', 'failed 503', 'failed timeout'];
const PENDING = ['first', 'held first', 'held retry', 'retrying'];

const CASES: [string, Partial<Filter>, string[]][] = [
  ['retrying', { status: ['retrying'] }, ['retrying']],
  ['held', { status: ['held'] }, ['held first', 'held retry']],
  ['pending', { status: ['pending'] }, PENDING],
  ['pending, which includes retrying and held', { status: ['retrying', 'pending', 'held'] }, PENDING],
  ['failed or retrying', { status: ['failed', 'retrying'] }, [...FAILED, 'retrying']],
  ['failed or dropped', { status: ['failed', 'dropped'] }, ['dropped', ...FAILED]],
  ['with one HTTP status', { responseStatus: [{ from: 404, to: 404 }] }, ['failed 404']],
  ['with a class of HTTP statuses', { responseStatus: [{ from: 500, to: 599 }] }, ['failed 503', 'retrying']],
  ['without a response', { responseStatus: [null] }, ['failed timeout']],
  ['with 2xx', { responseStatus: [{ from: 200, to: 299 }] }, ['succeeded']],
  [
    'with one of several HTTP statuses',
    { responseStatus: [null, { from: 404, to: 404 }] },
    ['failed 404', 'failed timeout'],
  ],
  [
    'with a status and an HTTP status',
    {
      status: ['retrying', 'succeeded'],
      responseStatus: [{ from: 500, to: 599 }],
    },
    ['retrying'],
  ],
];

describe('the filter of deliveries', () => {
  it.each(CASES)('finds those %s', async (_name, filter, expected) => {
    for (const scope of [{}, { webhookId }, { eventType: 'a.b' }, { tenantId: null }]) {
      expect(await found({ ...filter, ...scope })).toEqual(expected);
      expect(await found({ ...filter, ...scope }, 1)).toEqual(expected);
    }
  });

  it('by HTTP status reads a limited number of deliveries per call, and continues in the next one', async () => {
    const many = await addWebhook(db.pool);
    const rows = (day: string, status: number) => {
      const at = new Date(day);
      return { webhookId: many, at, attempts: [{ at, status }] };
    };
    const rare = await addSettled(db.pool, rows('2031-01-01', 418));
    await addSettledRows(
      db.pool,
      Array.from({ length: 6000 }, () => rows('2031-01-02', 500)),
    );
    const filter: Filter = {
      tenantId: null,
      webhookId: many,
      responseStatus: [{ from: 418, to: 418 }],
    };
    const first = await listDeliveries(db.prisma, filter, { limit: 10 });
    expect(first).toEqual({ items: [], next: expect.any(String) });
    const inNoTime = await listDeliveries(db.prisma, filter, { limit: 10 }, { timeoutMs: 0 });
    expect(inNoTime.items).toEqual([]);
    // Newest first: it has read less.
    expect((inNoTime.next ?? '') > (first.next ?? '')).toBe(true);
    const second = await listDeliveries(db.prisma, filter, {
      limit: 10,
      cursor: first.next ?? '',
    });
    expect(second).toEqual({
      items: [expect.objectContaining({ id: rare, lastStatus: 418 })],
      next: null,
    });
  });
});
