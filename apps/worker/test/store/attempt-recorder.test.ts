// On a real PostgreSQL: an attempt that cannot be recorded delays no others, and its request is made once.
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  base64Secret,
  createSealer,
  currentMoment,
  DEFAULT_SWITCHES,
  newId,
  newSigningSecret,
  patternsMatching,
  RequestComposer,
  sealFirstSecret,
  type SentOutcome,
} from '@posthorn/core';
import { connect, type Pool } from '@posthorn/database/connection';
import { NO_PAYLOAD_KEYS, PayloadKeys } from '@posthorn/database/encryption';
import { acceptEvents } from '@posthorn/database/events';
import { createLogger, Registry } from '@posthorn/runtime';
import { eventually, type FreshDatabase, freshDatabase, startCuttableProxy } from '@posthorn/testkit';
import { createDeliver } from '../../src/deliver/deliver.js';
import { createDeliveryStore } from '../../src/store/delivery-store.js';
import { KnownWebhooks } from '../../src/store/known-webhooks.js';
import type { InternalError } from '../../src/reports/internal-errors.js';
import { workerMetrics } from '../../src/reports/worker-metrics.js';
import { deliveryTask } from '../fixtures/delivery-task.js';
import { UNLIMITED } from '../fixtures/unlimited.js';

let database: FreshDatabase;
let connection: ReturnType<typeof connect>;
/** The pool of a foreign session. */
let foreign: ReturnType<typeof connect>;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase();
  connection = connect({ url: database.url, applicationName: 'posthorn worker test', genericPlans: true });
  foreign = connect({ url: database.url, applicationName: 'foreign' });
  pool = foreign.pool;
});
afterAll(async () => {
  await Promise.all([connection.stop(), foreign.stop()]);
  await database.drop();
});

const sealer = createSealer(Buffer.alloc(32, 7));

/** Creates a delivery to a webhook of its own tenant, and returns its id. */
async function addDelivery(payloadKeys = NO_PAYLOAD_KEYS, retention = {}): Promise<string> {
  const [tenantId, webhookId] = [newId(), newId()];
  const secrets = sealFirstSecret(webhookId, base64Secret(newSigningSecret()), sealer);
  await pool.query(`INSERT INTO tenant (id, name) VALUES ($1, $1::uuid::text)`, [tenantId]);
  await pool.query(
    `WITH webhook AS (
       INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, epoch, active_since)
       VALUES ($1, $2, 'https://receiver.example/', $3, 10000, 'active', 0, 'epoch') RETURNING id
     ) INSERT INTO webhook_subscription (tenant_id, pattern, webhook_id) SELECT $2, '*', id FROM webhook`,
    [webhookId, tenantId, JSON.stringify(secrets)],
  );
  const event = {
    id: newId(),
    tenantId,
    type: 'a.b',
    patterns: patternsMatching('a.b'),
    body: '{"id":"evt"}',
    publishedAt: new Date(),
    pushed: false,
    idempotencyKey: null,
    ...retention,
  };
  const accepted = await acceptEvents(pool, [event], {
    eventIds: [],
    webhookIds: [],
    revisions: [],
    payloadKeys,
  });
  return accepted?.[0]?.deliveries[0]?.id ?? '';
}

/** Counts warnings, which it does not print. */
let warnings = 0;
const logger = createLogger({ service: 'worker', level: 'warn' });
for (const transport of logger.transports) transport.silent = true;
logger.on('data', () => (warnings += 1));

const OK: SentOutcome = {
  kind: 'response',
  status: 200,
  body: 'ok',
  headers: null,
  retryAfter: null,
  durationMs: 12,
};

/** Returns a pipeline whose requests have the given outcome, and the deliveries and errors that it reports. */
function pipeline(
  outcome: SentOutcome = OK,
  payloadKeys = NO_PAYLOAD_KEYS,
  workerPool: Pool = connection.pool,
) {
  const seen = { requests: 0, bodies: [] as string[], delays: 0, errors: [] as InternalError[] };
  const reportInternalError = (error: InternalError) => void seen.errors.push(error);
  const deliver = createDeliver({
    store: createDeliveryStore({
      pool: workerPool,
      hotPathPool: workerPool,
      sealer,
      payloadKeys,
      logger,
      metrics: workerMetrics(new Registry()),
      reportInternalError,
      webhooks: new KnownWebhooks(() => 0),
      enqueue: async () => {},
      moment: currentMoment,
    }),
    ...UNLIMITED,
    async send({ body }) {
      seen.requests += 1;
      seen.bodies.push(body);
      return outcome;
    },
    inFlight: { track: (_request, sent) => sent },
    reports: {
      attempt() {},
      emitted() {},
      internalError: reportInternalError,
      trace: () => null,
    },
    composer: new RequestComposer(sealer, DEFAULT_SWITCHES),
    clock: { now: () => new Date(), moment: currentMoment, random: Math.random },
  });
  const permit = {
    begin: () => true,
    claim: () => true,
    detach: () => {
      seen.delays += 1;
      return true;
    },
  };
  return { seen, run: (deliveryId: string) => deliver(deliveryTask({ deliveryId }), permit) };
}

const settledOf = async (deliveryId: string) =>
  (await pool.query('SELECT * FROM settled_delivery WHERE id = $1', [deliveryId])).rows[0];

const DONE = { reschedule: null };

describe('a delivery whose row another session has locked', () => {
  it.each([
    ['a success', OK],
    ['a failure', { ...OK, status: 410 }],
  ])('delays no others, and is recorded when the lock is gone: %s', async (_case, outcome) => {
    const [locked, ...others] = await Promise.all([
      addDelivery(),
      addDelivery(),
      addDelivery(),
      addDelivery(),
    ]);
    const { seen, run } = pipeline(outcome);
    const blocker = await pool.connect();
    await blocker.query('BEGIN');
    await blocker.query('SELECT FROM pending_delivery WHERE id = $1 FOR UPDATE', [locked]);
    const running = run(locked);
    // Of the same batch, and of the next ones.
    const first = others.slice(0, 2).map(run);
    expect(await Promise.all(first)).toEqual([DONE, DONE]);
    await eventually(() => expect(seen.delays).toBeGreaterThan(2));
    expect(await run(others[2] ?? '')).toEqual(DONE);
    expect(await settledOf(locked)).toBeUndefined();

    await blocker.query('COMMIT');
    blocker.release();
    expect(await running).toEqual(DONE);
    expect(await settledOf(locked)).toMatchObject({ attempt_count: 1, response_status: outcome.status });
    expect(seen).toMatchObject({ requests: 4, errors: [] });
  });
});

describe('a statement without a response', () => {
  it.each([
    ['records an attempt', 'DELETE FROM pending_delivery'],
    ['loads a delivery', 'JOIN event'],
  ])('delays no others if it %s', async (_case, text) => {
    const proxy = await startCuttableProxy(database.url);
    // As many connections as a worker has for these statements, which have a minute.
    const worker = connect({ url: proxy.url, applicationName: 'posthorn worker test', max: 2 });
    const { run } = pipeline(OK, NO_PAYLOAD_KEYS, worker.pool);
    const [frozen, ...others] = await Promise.all([addDelivery(), addDelivery(), addDelivery()]);
    const ended: string[] = [];
    const end = async (deliveryId: string) => {
      const result = await run(deliveryId);
      ended.push(deliveryId);
      return result;
    };
    const stalled = proxy.stallAfter(text);
    const first = end(frozen);
    const statement = await stalled;
    // The second one after the first, as the next delivery of a chain.
    for (const other of others) expect(await end(other)).toEqual(DONE);
    for (const other of others) expect(await settledOf(other)).toMatchObject({ status: 'succeeded' });
    expect(ended).toEqual(others);
    statement.resume();
    expect(await first).toEqual(DONE);
    await worker.stop();
    await proxy.close();
  });
});

/** Makes PostgreSQL reject rows of the history, as a row with a wrong value. */
async function reject(condition: string): Promise<{ end: () => Promise<unknown> }> {
  await pool.query(
    `ALTER TABLE settled_delivery ADD CONSTRAINT rejected CHECK (NOT (${condition})) NOT VALID`,
  );
  return { end: () => pool.query('ALTER TABLE settled_delivery DROP CONSTRAINT rejected') };
}

describe('an attempt that PostgreSQL rejects', () => {
  it('is recorded without the text or the value that is the cause, after one request', async () => {
    const { seen, run } = pipeline({ ...OK, body: 'harmful', durationMs: 77 });
    const deliveryId = await addDelivery();
    const rejection = await reject(`response_body = 'harmful' OR duration_ms = 77`);
    expect(await run(deliveryId)).toEqual(DONE);
    await rejection.end();
    expect(await settledOf(deliveryId)).toMatchObject({
      status: 'succeeded',
      response_status: 200,
      duration_ms: 0,
    });
    expect(seen.requests).toBe(1);
    expect(seen.errors).toMatchObject([{ step: 'record', error: { code: '23514' } }]);
  });

  it('is recorded without its text if that has a NUL character', async () => {
    const { seen, run } = pipeline({ ...OK, body: 'a\0b' });
    const deliveryId = await addDelivery();
    expect(await run(deliveryId)).toEqual(DONE);
    expect(await settledOf(deliveryId)).toMatchObject({ response_body: null, duration_ms: 12 });
    expect(seen).toMatchObject({ requests: 1, errors: [] });
  });

  it('is recorded without its headers if they are the cause', async () => {
    const { run } = pipeline({ ...OK, status: 410, headers: { 'x-a': 'harmful' } });
    const deliveryId = await addDelivery();
    const rejection = await reject(`response_headers LIKE '%harmful%'`);
    expect(await run(deliveryId)).toEqual(DONE);
    await rejection.end();
    expect(await settledOf(deliveryId)).toMatchObject({
      response_status: 410,
      response_headers: null,
      duration_ms: 12,
    });
  });

  it('delays no others whatever is the cause, and is recorded as soon as it can be, after one request', async () => {
    const [rejected, ...others] = await Promise.all([
      addDelivery(),
      addDelivery(),
      addDelivery(),
      addDelivery(),
    ]);
    const { seen, run } = pipeline();
    const rejection = await reject(`id = '${rejected}'`);
    const running = run(rejected);
    expect(await Promise.all(others.slice(0, 2).map(run))).toEqual([DONE, DONE]);
    await eventually(() => expect(seen.delays).toBeGreaterThan(1));
    expect(await run(others[2] ?? '')).toEqual(DONE);
    await rejection.end();
    expect(await running).toEqual(DONE);
    // Perhaps without its details: the constraint may have ended between two tries.
    expect(await settledOf(rejected)).toMatchObject({ status: 'succeeded', attempt_count: 1 });
    expect(seen.requests).toBe(4);
  });
});

it('takes one statement for a success of a shorter history once another one was recorded', async () => {
  await pool.query(`SELECT posthorn_use_history_days(7, current_date, current_date + 8)`);
  const retention = { payloadDays: 7, historyDays: 7 };
  const deliveryIds = [
    await addDelivery(NO_PAYLOAD_KEYS, retention),
    await addDelivery(NO_PAYLOAD_KEYS, retention),
  ];
  const { run } = pipeline();
  const query = jest.spyOn(connection.pool, 'query');
  const statements: number[] = [];
  for (const deliveryId of deliveryIds) {
    query.mockClear();
    expect(await run(deliveryId)).toEqual(DONE);
    const names = query.mock.calls.map(([statement]) => String(Object(statement).name));
    statements.push(names.filter((name) => name.startsWith('record-')).length);
  }
  query.mockRestore();
  expect(statements).toEqual([2, 1]);
});

const encryptingKeys = () => new PayloadKeys({ pool, sealer, encrypts: true });

describe('an encrypted payload', () => {
  it('is sent as it was published, and what the receiver responds is sealed', async () => {
    const deliveryId = await addDelivery(encryptingKeys());
    const { seen, run } = pipeline({ ...OK, body: 'receiver text' }, encryptingKeys());
    expect(await run(deliveryId)).toEqual(DONE);
    expect(seen).toMatchObject({ bodies: ['{"id":"evt"}'], errors: [] });
    const { response_body: stored, status } = await settledOf(deliveryId);
    expect(status).toBe('succeeded');
    expect(stored).not.toContain('receiver');
    expect(stored.slice(1)).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });

  it('whose data key cannot be opened stops no others', async () => {
    const [damaged, other] = [await addDelivery(encryptingKeys()), await addDelivery(encryptingKeys())];
    await pool.query(
      `UPDATE payload_key SET sealed_key = 'damaged'
       WHERE tenant_id = (SELECT tenant_id FROM pending_delivery WHERE id = $1)`,
      [damaged],
    );
    const { run } = pipeline(OK, encryptingKeys());
    const [failed, sent] = await Promise.allSettled([run(damaged), run(other)]);
    expect(failed).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching('does not open them') },
    });
    expect(sent).toEqual({ status: 'fulfilled', value: DONE });
  });

  it('waits in a worker without its key, and loses nothing', async () => {
    const deliveryId = await addDelivery(encryptingKeys());
    const { seen, run } = pipeline(OK);
    let isDone = false;
    const running = run(deliveryId).then(() => (isDone = true));
    // The first try, and one after a pause.
    await eventually(() => expect(warnings).toBeGreaterThan(1));
    expect(isDone).toBe(false);
    expect(seen.requests).toBe(0);
    await pool.query(`UPDATE event SET deflated_body = NULL, body = '{}' WHERE deflated_body IS NOT NULL`);
    await running;
    expect(seen.bodies).toEqual(['{}']);
  });
});
