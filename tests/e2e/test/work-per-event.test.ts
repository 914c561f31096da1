// What an event costs that is delivered at the first attempt, counted instead of timed. A change that raises a number says why in its row.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { connect } from '@posthorn/database/connection';
import { type Stack, type StackOptions, startStack } from '@posthorn/local';
import {
  type ApiClient,
  apiClient,
  countRedisCalls,
  createActiveWebhook,
  eventually,
  observeWrites,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';

const EVENTS = 100;

/** The rows that are written, for each event: what was sent to whom, and how it ended. */
const ROWS = {
  'event ROW': 1,
  'pending_delivery ROW': 1,
  'pending_delivery DELETE': 1,
  'settled_delivery ROW': 1,
};

const ROLE_ALL = {
  // Accept, which also starts the delivery, and the record of its end.
  statements: { 'WITH checked AS': 1, 'WITH removed AS': 1 },
  // The process that stores a delivery starts it, without a job.
  redisCalls: {},
  rows: ROWS,
  indexEntries: 8,
};

const SEPARATE_PROCESSES = {
  // The worker loads the delivery, too.
  statements: { ...ROLE_ALL.statements, 'SELECT d.id AS': 1 },
  // The job is added, fetched and finished; the marker wakes the worker.
  redisCalls: { 'evalsha deliveries-fast': 3, bzpopmin: 1 },
  rows: ROWS,
  indexEntries: 8,
};

/** In bytes, without whole pages, which PostgreSQL writes once after each checkpoint. */
const MAX_LOG_BYTES = 1600;

/** The kinds of records that change a row of a table. */
const ROW_CHANGES = new Set(['ROW', 'UPDATE', 'HOT_UPDATE', 'DELETE']);

/** Slots are synced by time: when one is taken, when responses are reported, when it is returned. */
const SLOTS = 'evalsha flow';
const MAX_SLOT_SYNCS = 3;

let receiver: Receiver;
let stack: Stack | undefined;

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  await stack?.stop();
  await receiver.close();
}, 30_000);

it.each<[string, StackOptions, typeof SEPARATE_PROCESSES | typeof ROLE_ALL]>([
  ['in one process', { role: 'all' }, ROLE_ALL],
  ['in separate processes', { workers: 1 }, SEPARATE_PROCESSES],
])(
  'an event costs no more than this %s',
  async (_name, options, work) => {
    const postgresFlags = ['-c', 'shared_preload_libraries=pg_stat_statements'];
    stack = await startStack({ ...options, ephemeral: true, postgresFlags });
    const api = apiClient(stack.apiUrl, stack.adminKey);
    await createActiveWebhook(api, receiver, { eventTypes: ['order.created'] });
    await deliver(api, 20);
    const { logBytes, redisCalls, ...counts } = await observe(stack, () => deliver(api, EVENTS));
    const { [SLOTS]: slotSyncs = 0, ...otherCalls } = redisCalls;
    expect({ ...counts, redisCalls: otherCalls }).toEqual(work);
    expect(slotSyncs).toBeLessThanOrEqual(MAX_SLOT_SYNCS);
    expect(logBytes).toBeLessThan(MAX_LOG_BYTES);
  },
  120_000,
);

/** Publishes events one after the other, each when the one before was delivered and had time to be recorded. */
async function deliver(api: ApiClient, count: number): Promise<void> {
  const before = receiver.requests.length;
  for (let sent = 1; sent <= count; sent += 1) {
    await api.post('/v1/events', { type: 'order.created', data: { number: sent } });
    await eventually(async () => expect(receiver.requests).toHaveLength(before + sent));
    await sleep(20);
  }
}

async function observe({ databaseUrl, redisUrl }: Stack, work: () => Promise<void>) {
  const { pool, stop } = connect({ url: databaseUrl, applicationName: 'posthorn e2e', max: 1 });
  const endWrites = await observeWrites(pool);
  const endCalls = await countRedisCalls(redisUrl);
  await work();
  const calls = endCalls();
  const { statements, records, indexEntries, walBytes, fullPageBytes } = await endWrites();
  await stop();
  return {
    statements: perEvent(statements.map(({ statement, calls: count }) => [firstWords(statement), count])),
    redisCalls: perEvent([...calls]),
    rows: perEvent(
      records
        .filter(({ kind }) => ROW_CHANGES.has(kind))
        .map(({ relation, kind, count }) => [`${relation} ${kind}`, count]),
    ),
    indexEntries: Math.round(indexEntries / EVENTS),
    logBytes: (walBytes - fullPageBytes) / EVENTS,
  };
}

const firstWords = (statement: string) => statement.split(' ', 3).join(' ');

/** Sums the counts of each name and rounds them to the event. What happens by time, such as a background task, rounds to none. */
function perEvent(counts: [name: string, count: number][]): Record<string, number> {
  const totals = new Map<string, number>();
  for (const [name, count] of counts) totals.set(name, (totals.get(name) ?? 0) + count);
  const each = [...totals].map(([name, total]) => [name, Math.round(total / EVENTS)] as const);
  return Object.fromEntries(each.filter(([, count]) => count > 0));
}
