// Two tenants with the same history, in the same batches: whatever is erased, purged, retried or expires at one of them leaves nothing
// there, and changes no row of the other one.
import { beforeAll, expect, it } from '@jest/globals';
import { newId, searchValuesIn, SYSTEM, SYSTEM_TENANT_ID } from '@posthorn/core';
import * as fc from 'fast-check';
import { retentionCutoffs } from '../src/data-model/retention-cutoffs.js';
import { findDelivery } from '../src/deliveries/find-delivery.js';
import { recordAttempts } from '../src/deliveries/record-attempts.js';
import { retryDelivery } from '../src/deliveries/retry-delivery.js';
import { acceptEvents } from '../src/events/accept-events.js';
import { deleteExpired, deleteExpiredHistory } from '../src/retention/delete-expired.js';
import { deleteSettledPayloads } from '../src/retention/delete-settled-payloads.js';
import { dropExpiredPartitions } from '../src/retention/drop-expired-partitions.js';
import { dropExpiredPayloads } from '../src/retention/drop-expired-payloads.js';
import {
  addMarkedTenant,
  addRejected,
  addReport,
  addResponse,
  type MarkedTenant,
} from './fixtures/every-kind.js';
import { publishReports } from './fixtures/publish-reports.js';
import { digestEvents, digestTenant, tablesWith } from './fixtures/row-digests.js';
import { addWebhook, attemptOf, newEvent, recordNext, successOf } from './fixtures/rows.js';
import { completeErasure, deleteTenant, ofEvent, ofPerson, ofTenant } from './fixtures/run-erasures.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();

const KEY = '/customer/id';
const OPERATOR = 'operator@example.com';
const DAY_MS = 86_400_000;

/** Runs of the property. Each takes about half a second. */
const RUNS = 6;

beforeAll(async () => {
  for (const patterns of [['posthorn.*'], ['posthorn.audit.*']])
    await addWebhook(db.pool, { tenantId: SYSTEM_TENANT_ID, patterns });
});

interface Accepted {
  eventId: string;
  deliveryId: string;
}

/** An event of each of the two tenants, from one batch. */
interface Pair {
  person: number;
  /** Contained in all texts of the event, after the marker of its tenant. */
  label: string;
  of: readonly [Accepted, Accepted];
  /** Whether the event of the first tenant is erased. */
  isErased: boolean;
}

type Tenants = readonly [MarkedTenant, MarkedTenant];

interface World {
  tenants: Tenants;
  pairs: Pair[];
  /** The payloads and the history of the first tenant expire before those of the other one. */
  hasExpiry: boolean;
}

const textOf = ({ marker }: MarkedTenant, { label }: Pick<Pair, 'label'>): string => `${marker}${label}`;
const personOf = ({ marker }: MarkedTenant, person: number): string => `${marker}p${person}-`;

const OUTCOMES = ['retry', 'blocks', 'failed', 'succeeded'] as const;

/** What happens to both tenants at once. */
type Step =
  | { kind: 'batch'; persons: number[]; payloadDays: number | null; historyDays: number | null }
  | { kind: 'attempt'; index: number; outcome: (typeof OUTCOMES)[number] }
  | { kind: 'publish' };

/** What happens to the first tenant alone. */
type Action =
  | { kind: 'eraseEvent' | 'retry' | 'late'; index: number }
  | { kind: 'erasePerson'; person: number }
  | { kind: 'publish' };

/** The ids of a batch have the same first 8 bytes. */
async function acceptBatch(
  { tenants, pairs, hasExpiry }: World,
  { persons, payloadDays, historyDays }: Extract<Step, { kind: 'batch' }>,
): Promise<void> {
  const prefix = newId().slice(0, 18);
  const added = persons.map((person, index) => ({ person, label: `p${person}-e${pairs.length + index}-` }));
  const events = added.flatMap((pair, index) =>
    tenants.map((tenant, side) => {
      const text = textOf(tenant, pair);
      const data = { customer: { id: personOf(tenant, pair.person) }, text };
      return newEvent({
        id: `${prefix}-8000-0000000000${index}${side}`,
        tenantId: tenant.id,
        body: JSON.stringify({ id: 'evt', type: 'a.b', timestamp: '2026-01-01T00:00:00Z', data }),
        idempotencyKey: text,
        searchValues: searchValuesIn(JSON.stringify(data), [KEY]),
        attributes: { idempotencyKey: text, orderingKey: text, metadata: { text } },
        ...((side === 0 || !hasExpiry) && { payloadDays, historyDays }),
      });
    }),
  );
  const accepted = await acceptEvents(db.pool, events);
  const find = (index: number): Accepted => {
    const event = accepted.find(({ eventId }) => eventId === events[index]?.id);
    return { eventId: event?.eventId ?? '', deliveryId: event?.deliveries[0]?.id ?? '' };
  };
  for (const [index, pair] of added.entries()) {
    const of = [find(index * 2), find(index * 2 + 1)] as const;
    pairs.push({ ...pair, of, isErased: false });
    for (const [side, tenant] of tenants.entries()) {
      const { eventId, deliveryId } = of[side === 0 ? 0 : 1];
      const text = textOf(tenant, pair);
      await db.pool.query('UPDATE pending_delivery SET ordering_key = $2 WHERE id = $1', [deliveryId, text]);
      await addResponse(db.pool, tenant, { eventId, text });
    }
  }
}

async function attempt(
  { tenants, pairs }: World,
  { index, outcome }: Extract<Step, { kind: 'attempt' }>,
): Promise<void> {
  const pair = pairs[index % pairs.length];
  if (!pair) return;
  const attempts = tenants.map((tenant, side) => {
    const text = textOf(tenant, pair);
    const answered = {
      responseBody: text,
      responseHeaders: JSON.stringify({ text }),
      errorCode: 'network_error',
      errorMessage: text,
      isExhausted: outcome === 'blocks',
    } as const;
    const { deliveryId } = pair.of[side === 0 ? 0 : 1];
    if (outcome === 'succeeded') return { ...successOf(deliveryId), responseBody: text };
    const status = outcome === 'failed' ? 'failed' : 'pending';
    return attemptOf(deliveryId, { ...answered, status, retryDelayMs: status === 'failed' ? null : 60_000 });
  });
  await recordNext(db.pool, attempts);
}

async function take(world: World, step: Step): Promise<void> {
  switch (step.kind) {
    case 'batch':
      return acceptBatch(world, step);
    case 'attempt':
      return attempt(world, step);
    case 'publish':
      return publishReports(db.pool, OPERATOR);
  }
}

/** Erases, and checks that the texts are gone, and that the other events of the tenant are as before. */
async function erase(
  { tenants: [tenant], pairs }: World,
  input: Parameters<typeof completeErasure>[1],
  text: string,
) {
  const erased = pairs.filter((pair) => textOf(tenant, pair).startsWith(text));
  for (const pair of erased) pair.isErased = true;
  const others = pairs.filter(({ isErased }) => !isErased).map(({ of }) => of[0].eventId);
  const before = await digestEvents(db.pool, others);
  await completeErasure(db, input);
  expect(await tablesWith(db.pool, text)).toEqual([]);
  expect(await digestEvents(db.pool, others)).toEqual(before);
}

async function act(world: World, action: Action): Promise<void> {
  const {
    tenants: [tenant],
    pairs,
  } = world;
  if (action.kind === 'publish') return publishReports(db.pool, OPERATOR);
  if (action.kind === 'erasePerson') {
    const value = personOf(tenant, action.person);
    return erase(world, ofPerson(tenant.id, KEY, value), value);
  }
  const pair = pairs[action.index % pairs.length];
  if (!pair) return;
  const [{ eventId, deliveryId }] = pair.of;
  const text = textOf(tenant, pair);
  switch (action.kind) {
    case 'eraseEvent':
      return erase(world, ofEvent(tenant.id, eventId), text);
    case 'retry': {
      const delivery = await findDelivery(db.prisma, { id: deliveryId, tenantId: tenant.id });
      if (delivery) await retryDelivery(db.prisma, delivery, SYSTEM);
      return;
    }
    case 'late':
      // Of a request that was sent before, whatever has happened to the delivery.
      await recordAttempts(db.pool, [{ ...successOf(deliveryId), responseBody: text }]);
      if (pair.isErased) expect(await tablesWith(db.pool, text)).toEqual([]);
  }
}

/** Lets everything of a history of 3 days expire. The installation keeps its history for longer. */
async function expire(): Promise<void> {
  await db.pool.query(`UPDATE usage_progress SET counted_until = now() + interval '10 days'`);
  const cutoffs = retentionCutoffs(
    { recordDays: 90, payloadDays: null, auditDays: 90 },
    new Date(Date.now() + 5 * DAY_MS),
  );
  await dropExpiredPartitions(db.pool, cutoffs);
  await dropExpiredPayloads(db.pool, cutoffs.today);
  await deleteExpired(db.pool, 'expired rows of the default partitions', cutoffs);
  await deleteExpiredHistory(db.pool, cutoffs);
  await deleteSettledPayloads(db.pool, { after: null, maxMs: 60_000 });
}

const batch = (kept: { payloadDays: number | null; historyDays: number | null }, persons = [0, 1]): Step => ({
  kind: 'batch',
  persons,
  ...kept,
});

/** A row of every kind. */
const FIRST: readonly Step[] = [
  batch({ payloadDays: null, historyDays: null }),
  ...[0, 1, 0].map((index) => ({ kind: 'attempt', index, outcome: 'blocks' }) as const),
  { kind: 'attempt', index: 0, outcome: 'failed' },
  { kind: 'publish' },
];

const index = fc.nat(20);
const kept = fc.constantFrom(
  { payloadDays: null, historyDays: null },
  { payloadDays: 0, historyDays: null },
  { payloadDays: 3, historyDays: null },
  { payloadDays: 3, historyDays: 3 },
);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(fc.nat(1), { minLength: 1, maxLength: 3 }), kept)
        .map(([persons, days]) => batch(days, persons)),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant('attempt' as const),
        index,
        outcome: fc.constantFrom(...OUTCOMES),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'publish' }) },
  ),
  { minLength: 5, maxLength: 20 },
);
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constantFrom('eraseEvent' as const, 'retry' as const, 'late' as const), index }),
    fc.record({ kind: fc.constant('erasePerson' as const), person: fc.nat(1) }),
    fc.constant<Action>({ kind: 'publish' }),
  ),
  { minLength: 2, maxLength: 6 },
);

async function createWorld(hasExpiry: boolean): Promise<World> {
  await db.pool.query(`SELECT posthorn_use_history_days(3, current_date - 1, current_date + 1)`);
  await db.pool.query(`SELECT posthorn_create_partitions(current_date - 1, current_date + 7)`);
  const run = newId().slice(-12);
  const tenants: Tenants = [
    await addMarkedTenant(db.pool, `zebra${run}-`),
    await addMarkedTenant(db.pool, `okapi${run}-`),
  ];
  for (const tenant of tenants)
    for (const person of [0, 1]) await addRejected(db.pool, tenant, personOf(tenant, person));
  return { tenants, pairs: [], hasExpiry };
}

/** These exist while erasures run, and while payloads are kept until all deliveries are settled. */
const OPTIONAL = new Set([
  'erasure',
  'erasure_event',
  'event_payload',
  'event_payload_value',
  'unsettled_payload',
]);

it('nothing of a tenant is left, and nothing of another one changes', async () => {
  await fc.assert(
    fc.asyncProperty(steps, actions, fc.boolean(), async (history, of, hasExpiry) => {
      const world = await createWorld(hasExpiry);
      for (const step of [...FIRST, ...history]) await take(world, step);
      const [tenant, other] = world.tenants;
      for (const each of world.tenants) await addReport(db.pool, each);
      let before = await digestTenant(db.pool, other.id);
      expect(Object.keys(before).filter((table) => before[table] === 'none' && !OPTIONAL.has(table))).toEqual(
        [],
      );
      for (const action of of) {
        await act(world, action);
        // Of both.
        if (action.kind === 'publish') before = await digestTenant(db.pool, other.id);
        expect(await digestTenant(db.pool, other.id)).toEqual(before);
      }
      if (hasExpiry) await expire();
      expect(await digestTenant(db.pool, other.id)).toEqual(before);
      await deleteTenant(db, tenant.id);
      await completeErasure(db, ofTenant(tenant.id));
      expect(await tablesWith(db.pool, tenant.marker)).toEqual([]);
      expect(await digestTenant(db.pool, other.id)).toEqual(before);
    }),
    { numRuns: RUNS },
  );
});
