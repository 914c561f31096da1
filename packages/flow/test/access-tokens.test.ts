import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createSealer,
  Deadline,
  DEFAULT_TENANT_ID,
  newId,
  type OAuthClient,
  type Outcome,
  sealAuth,
} from '@posthorn/core';
import { connect, type Database, type Pool } from '@posthorn/database/connection';
import { endTokenPause, readRequestWebhook, startTokenFetch } from '@posthorn/database/webhooks';
import { eventually, type FreshDatabase, freshDatabase, overriding } from '@posthorn/testkit';
import { AccessTokens, type AccessTokensDeps } from '../src/tokens/access-tokens.js';
import type { TokenWebhook } from '../src/tokens/fresh-token-request.js';

const CLIENT: OAuthClient = {
  type: 'oauth2',
  tokenUrl: 'https://login.example/token',
  clientId: 'posthorn',
  clientSecret: 'client-secret',
  scopes: [],
  audience: null,
  clientAuthentication: 'client_secret_basic',
};

const sealer = createSealer(randomBytes(32));
let fresh: FreshDatabase;
let database: Database;
let requests: number;
/** Resolves the requests to the token endpoint. */
let respond: ((outcome: Outcome) => void)[];
let processes: [AccessTokens, AccessTokens];

beforeAll(async () => {
  fresh = await freshDatabase();
  database = connect({ url: fresh.url, applicationName: 'test' });
});
afterAll(async () => {
  await database.stop();
  await fresh.drop();
});
beforeEach(() => {
  requests = 0;
  respond = [];
  processes = [newProcess(), newProcess()];
});

function newProcess(changes: Partial<AccessTokensDeps> = {}): AccessTokens {
  return new AccessTokens({
    pool: database.pool,
    sealer,
    send: () => {
      requests += 1;
      return new Promise((resolve) => respond.push(resolve));
    },
    logger: { warn: () => {} },
    ...changes,
  });
}

async function newWebhook(client = CLIENT): Promise<TokenWebhook> {
  const id = newId();
  const authSealed = sealAuth(id, client, sealer) ?? '';
  await database.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, secrets, timeout_ms, status, active_since, auth_sealed)
     VALUES ($1, $2, 'https://receiver.example/', '[]', 10000, 'active', now(), $3)`,
    [id, DEFAULT_TENANT_ID, authSealed],
  );
  const webhook = await readRequestWebhook(database.pool, id);
  if (!webhook) throw new Error('The webhook was not stored');
  return { webhook, authSealed, client };
}

/** Returns the webhook as it is read once it has another authentication. */
const withAuth = ({ webhook, client }: TokenWebhook, authSealed: string): TokenWebhook => ({
  webhook: { ...webhook, authSealed },
  authSealed,
  client,
});

const issued = (token: string): Outcome => ({
  kind: 'response',
  status: 200,
  body: JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }),
  headers: null,
  retryAfter: null,
  durationMs: 1,
});
const DOWN: Outcome = { kind: 'failure', code: 'connection_refused', message: '', durationMs: 1 };

const settled = (tokens: AccessTokens) => tokens.stop(new Deadline(30_000));

/** Waits until the token endpoint has got so many requests. */
const sent = (count: number) => eventually(() => expect(requests).toBe(count));

/** Responds to the last request. */
async function answer(outcome: Outcome): Promise<void> {
  const last = await eventually(() => {
    const [found] = respond.splice(-1);
    if (!found) throw new Error('No request has arrived');
    return found;
  });
  last(outcome);
}

/** Lets a webhook get a token. */
async function fetched(webhook: TokenWebhook, token: string): Promise<void> {
  await processes[0].take(webhook);
  await answer(issued(token));
  await settled(processes[0]);
}

const change = (webhook: TokenWebhook, columns: string) =>
  database.pool.query(`UPDATE webhook_token SET ${columns} WHERE webhook_id = $1`, [webhook.webhook.id]);

describe('a token', () => {
  it('is fetched once for all deliveries of all processes, and none waits for it', async () => {
    const webhook = await newWebhook();
    const results = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        (index % 2 === 0 ? processes[0] : processes[1]).take(webhook),
      ),
    );
    expect(results.every(({ kind }) => kind === 'wait')).toBe(true);
    await sent(1);
    respond[0]?.(issued('one'));
    await Promise.all(processes.map(settled));
    for (const tokens of processes)
      expect(await tokens.wait(webhook)).toMatchObject({ kind: 'token', token: { value: 'one' } });
    await sent(1);
  });

  it('is fetched by one process, whatever the others have read before', async () => {
    const webhook = await newWebhook();
    const { authSealed } = webhook;
    const webhookId = webhook.webhook.id;
    const start = () =>
      startTokenFetch(database.pool, {
        webhookId,
        authSealed,
        status: 'active',
        fetchId: newId(),
      });
    expect([await start(), await start()]).toEqual([true, false]);
    await change(webhook, `fetch_id = NULL, fetch_started_at = NULL, expires_at = now() + interval '1 h'`);
    expect(await start()).toBe(false);
    await change(
      webhook,
      `expires_at = NULL, failure_code = 'token_endpoint_failed', retry_at = now() + interval '1 h'`,
    );
    expect(await start()).toBe(false);
    await change(webhook, `retry_at = now() - interval '1 second'`);
    expect(await start()).toBe(true);
  });

  it('is stored sealed, and is read by a process that starts', async () => {
    const webhook = await newWebhook();
    await fetched(webhook, 'stored-token');
    const { rows } = await database.pool.query('SELECT t::text FROM webhook_token t WHERE webhook_id = $1', [
      webhook.webhook.id,
    ]);
    expect(JSON.stringify(rows)).not.toContain('stored-token');
    expect(await newProcess().take(webhook)).toMatchObject({ token: { value: 'stored-token' } });
  });

  it('is fetched again once it is about to expire', async () => {
    const webhook = await newWebhook();
    await fetched(webhook, 'one');
    await change(webhook, `expires_at = now() - interval '1 second'`);
    expect(await processes[1].take(webhook)).toMatchObject({ kind: 'wait' });
    await sent(2);
  });

  it('is not used for another authentication, also if a process has not read that yet', async () => {
    const webhook = await newWebhook();
    await fetched(webhook, 'one');
    const changed = withAuth(webhook, sealAuth(webhook.webhook.id, CLIENT, sealer) ?? '');
    await database.pool.query('UPDATE webhook SET auth_sealed = $2 WHERE id = $1', [
      webhook.webhook.id,
      changed.authSealed,
    ]);
    expect(await processes[1].take(changed)).toMatchObject({ kind: 'wait' });
    await answer(issued('two'));
    await settled(processes[1]);
    // It has an outdated read, and must not replace the token.
    expect(await newProcess().take(webhook)).toMatchObject({ kind: 'wait' });
    await sent(2);
    expect(await processes[0].take(changed)).toMatchObject({ token: { value: 'two' } });
  });

  it('is used for its lifetime since the response, however late it is stored', async () => {
    const webhook = await newWebhook();
    let nowMs = 0;
    let outages = 1;
    const pool = overriding(database.pool, {
      query: ((...[text, ...values]: [string, ...unknown[]]) => {
        if (text.includes('token_sealed = $3') && outages-- > 0) {
          nowMs = 600_000;
          return Promise.reject(Object.assign(new Error('PostgreSQL is down'), { code: 'ECONNREFUSED' }));
        }
        return Reflect.apply(database.pool.query, database.pool, [text, ...values]);
      }) as Pool['query'],
    });
    const tokens = newProcess({ pool, nowMs: () => nowMs });
    await tokens.take(webhook);
    await sent(1);
    respond[0]?.(issued('late'));
    await settled(tokens);
    const { rows } = await database.pool.query<{ minutes: number }>(
      `SELECT round(extract(epoch FROM expires_at - now()) / 60)::int AS minutes FROM webhook_token WHERE webhook_id = $1`,
      [webhook.webhook.id],
    );
    expect(rows).toEqual([{ minutes: 49 }]);
  });

  it.each([
    ['the webhook is suspended', `UPDATE webhook SET status = 'suspended' WHERE id = $1`],
    [
      'its tenant is suspended',
      `UPDATE tenant SET status = 'suspended' WHERE id = (SELECT tenant_id FROM webhook WHERE id = $1)`,
    ],
  ])('is not requested after %s', async (_case, suspend) => {
    const webhook = await newWebhook();
    await database.pool.query(suspend, [webhook.webhook.id]);
    expect(await processes[0].take(webhook)).toMatchObject({ kind: 'wait' });
    expect(requests).toBe(0);
    await database.pool.query(`UPDATE tenant SET status = 'active' WHERE id = $1`, [DEFAULT_TENANT_ID]);
  });

  it('leaves no row of a webhook that is being deleted', async () => {
    const webhook = await newWebhook();
    const deletion = await database.pool.connect();
    await deletion.query('BEGIN');
    await deletion.query('SELECT FROM webhook WHERE id = $1 FOR UPDATE', [webhook.webhook.id]);
    await deletion.query('DELETE FROM webhook_token WHERE webhook_id = $1', [webhook.webhook.id]);
    const taken = processes[0].take(webhook);
    await eventually(async () => {
      const { rowCount } = await database.pool.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(rowCount).toBe(1);
    });
    await deletion.query(`UPDATE webhook SET status = 'deleted' WHERE id = $1`, [webhook.webhook.id]);
    await deletion.query('COMMIT');
    deletion.release();
    expect(await taken).toMatchObject({ kind: 'wait' });
    const { rowCount } = await database.pool.query('SELECT FROM webhook_token WHERE webhook_id = $1', [
      webhook.webhook.id,
    ]);
    expect([rowCount, requests]).toEqual([0, 0]);
  });

  it('is fetched by another process if the one that fetches it dies', async () => {
    const webhook = await newWebhook();
    await processes[0].take(webhook);
    expect(await processes[1].take(webhook)).toMatchObject({ kind: 'wait' });
    await sent(1);
    await change(webhook, `fetch_started_at = now() - interval '16 s'`);
    await eventually(async () => {
      await processes[1].take(webhook);
      expect(requests).toBe(2);
    });
    respond[1]?.(issued('two'));
    await settled(processes[1]);
    // The first one was only slow.
    respond[0]?.(issued('one'));
    await settled(processes[0]);
    expect(await newProcess().take(webhook)).toMatchObject({ token: { value: 'two' } });
  });
});

describe('a fetch that the limit of a call refuses', () => {
  it('ends the call, and is no failure for others', async () => {
    const webhook = await newWebhook();
    const refusing = newProcess({
      async send({ admits }) {
        expect(await admits?.('203.0.113.1')).toBe(false);
        return { kind: 'failure', code: 'blocked_address', message: '', durationMs: 1 };
      },
    });
    const refused = await refusing.wait(webhook, { admits: async () => false });
    expect(refused).toEqual({ kind: 'failure', code: 'token_endpoint_blocked' });
    await settled(refusing);
    expect(await processes[0].find(webhook)).toBeNull();
    await fetched(webhook, 'one');
    expect(await processes[0].find(webhook)).toMatchObject({ token: { value: 'one' } });
  });
});

/** Starts a fetch for a delivery whose connection takes an hour to open, while `stop` runs. Returns whether its request may start. */
async function mayStart(webhook: TokenWebhook, stop: () => Promise<unknown>): Promise<boolean> {
  let passedMs = 0;
  const moment = () => ({ monotonicMs: passedMs, wallMs: passedMs });
  let isFresh = false;
  const tokens = newProcess({
    moment,
    async send(request) {
      expect(request.isFresh()).toBe(true);
      await stop();
      passedMs += 3_600_000;
      expect(request.isFresh()).toBe(false);
      await request.refresh();
      isFresh = request.isFresh();
      return isFresh ? issued('late') : { kind: 'not_started' };
    },
  });
  expect(await tokens.take(webhook)).toEqual({ kind: 'wait' });
  await settled(tokens);
  return isFresh;
}

describe('a fetch whose read goes stale before its request starts', () => {
  const STOPS: [string, string][] = [
    ['the webhook is suspended', `UPDATE webhook SET status = 'suspended', epoch = epoch + 1 WHERE id = $1`],
    ['the webhook is deleted', `UPDATE webhook SET status = 'deleted', epoch = epoch + 1 WHERE id = $1`],
    ['another authentication is set', `UPDATE webhook SET auth_sealed = 'another' WHERE id = $1`],
    ['the webhook gets another proxy', `UPDATE webhook SET proxy_sealed = 'another' WHERE id = $1`],
    [
      'its tenant gets another proxy',
      `UPDATE tenant SET proxy_sealed = 'another' WHERE id = (SELECT tenant_id FROM webhook WHERE id = $1)`,
    ],
    [
      'its tenant is suspended',
      `UPDATE tenant SET status = 'suspended' WHERE id = (SELECT tenant_id FROM webhook WHERE id = $1)`,
    ],
  ];
  const RESTORE = `UPDATE tenant SET status = 'active', proxy_sealed = NULL`;

  it.each(STOPS)('does not start once %s, which is no failure', async (_case, stop) => {
    const webhook = await newWebhook();
    try {
      expect(await mayStart(webhook, () => database.pool.query(stop, [webhook.webhook.id]))).toBe(false);
    } finally {
      await database.pool.query(RESTORE);
    }
    expect(await newProcess().find(webhook)).toBeNull();
    const { rows } = await database.pool.query<{ failures: number; fetch: string | null }>(
      'SELECT failures, fetch_id AS fetch FROM webhook_token WHERE webhook_id = $1',
      [webhook.webhook.id],
    );
    expect(rows).toEqual([{ failures: 0, fetch: null }]);
  });

  it('starts, whatever has become of the delivery that began it', async () => {
    const webhook = await newWebhook();
    const stop = () =>
      database.pool.query(
        `UPDATE webhook SET url = 'https://other.example/', headers_sealed = 'x' WHERE id = $1`,
        [webhook.webhook.id],
      );
    expect(await mayStart(webhook, stop)).toBe(true);
    expect(await newProcess().take(webhook)).toMatchObject({ token: { value: 'late' } });
  });

  it('ends a call that waits for its token', async () => {
    const webhook = await newWebhook();
    const tokens = newProcess({
      async send() {
        await database.pool.query(`UPDATE webhook SET auth_sealed = 'another' WHERE id = $1`, [
          webhook.webhook.id,
        ]);
        return { kind: 'not_started' };
      },
    });
    expect(await tokens.wait(webhook)).toEqual({ kind: 'changed' });
    await settled(tokens);
  });
});

/** Lets a fetch fail that a delivery starts. */
async function failFetch(webhook: TokenWebhook): Promise<void> {
  expect(await processes[0].take(webhook)).toEqual({ kind: 'wait' });
  await answer(DOWN);
  await settled(processes[0]);
}

describe('a failed fetch', () => {
  const code = 'token_endpoint_unreachable';

  it('is the result of one released delivery over all processes, and the others wait', async () => {
    const webhook = await newWebhook();
    await failFetch(webhook);
    expect(await processes[0].take(webhook)).toEqual({ kind: 'wait' });
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        (index % 2 === 0 ? processes[0] : processes[1]).take(webhook, { released: true }),
      ),
    );
    expect(results.filter(({ kind }) => kind === 'failure')).toMatchObject([{ code }]);
    expect(results.filter(({ kind }) => kind === 'wait')).toHaveLength(99);
    expect(await newProcess().take(webhook, { released: true })).toEqual({ kind: 'wait' });
    // Calls wait for no other fetch.
    expect(await newProcess().wait(webhook)).toMatchObject({ kind: 'failure', code });
    await sent(1);
  });

  it('is followed by another one after a pause, which grows', async () => {
    const webhook = await newWebhook();
    const pauses: number[] = [];
    for (let failures = 0; failures < 3; failures += 1) {
      processes = [newProcess(), newProcess()];
      await failFetch(webhook);
      expect(await processes[1].take(webhook, { released: true })).toMatchObject({ kind: 'failure', code });
      const { rows } = await database.pool.query<{ pause: number }>(
        `SELECT extract(epoch FROM retry_at - now())::float8 AS pause FROM webhook_token WHERE webhook_id = $1`,
        [webhook.webhook.id],
      );
      pauses.push(rows[0]?.pause ?? 0);
      await change(webhook, `retry_at = now() - interval '1 second'`);
    }
    // 5 s, 10 s and 20 s, up to a fifth more or less, and the time of the test.
    for (const [index, seconds] of [5, 10, 20].entries()) {
      expect(pauses[index]).toBeLessThanOrEqual(seconds * 1.2);
      expect(pauses[index]).toBeGreaterThan(seconds * 0.8 - 3);
    }
    await sent(3);
  });

  it('is not repeated from memory for a delivery that is released', async () => {
    const webhook = await newWebhook();
    await failFetch(webhook);
    expect(await processes[1].take(webhook)).toEqual({ kind: 'wait' });
    await change(webhook, `retry_at = now() - interval '1 second'`);
    expect(await processes[1].take(webhook)).toEqual({ kind: 'wait' });
    await sent(1);
    // The failure is an attempt, also after the pause.
    expect(await processes[1].take(webhook, { released: true })).toMatchObject({ kind: 'failure', code });
    expect(await processes[1].take(webhook, { released: true })).toEqual({ kind: 'wait' });
    await sent(2);
  });

  it('is forgotten ten minutes after the pause if no delivery had it', async () => {
    const webhook = await newWebhook();
    await failFetch(webhook);
    await change(webhook, `retry_at = now() - interval '11 minutes'`);
    expect(await processes[1].take(webhook, { released: true })).toEqual({ kind: 'wait' });
    await sent(2);
  });

  it('is followed by another one at once if the pause is ended', async () => {
    const webhook = await newWebhook();
    await failFetch(webhook);
    await endTokenPause(database.pool, { webhookId: webhook.webhook.id, authSealed: webhook.authSealed });
    expect(await newProcess().take(webhook)).toEqual({ kind: 'wait' });
    await sent(2);
  });

  it('does not delay a changed authentication', async () => {
    const webhook = await newWebhook();
    await processes[0].take(webhook);
    await answer(DOWN);
    await settled(processes[0]);
    const changed = withAuth(webhook, sealAuth(webhook.webhook.id, CLIENT, sealer) ?? '');
    await database.pool.query('UPDATE webhook SET auth_sealed = $2 WHERE id = $1', [
      webhook.webhook.id,
      changed.authSealed,
    ]);
    await processes[0].take(changed);
    await sent(2);
  });
});

describe('a token that the receiver rejects', () => {
  it('is replaced once, whatever number of requests had it', async () => {
    const webhook = await newWebhook();
    await fetched(webhook, 'one');
    const rejected = await processes[0].wait(webhook);
    if (rejected.kind !== 'token') throw new Error(rejected.kind);
    await processes[1].take(webhook);
    const replaced = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        (index % 2 === 0 ? processes[0] : processes[1]).reject(webhook.webhook.id, rejected.token),
      ),
    );
    expect(replaced.every(Boolean)).toBe(true);
    await fetched(webhook, 'two');
    for (const tokens of processes)
      expect(await tokens.wait(webhook)).toMatchObject({ token: { value: 'two' } });
    await sent(2);
  });

  it('is not used for a repeat by another process that remembers it', async () => {
    const webhook = await newWebhook();
    await fetched(webhook, 'one');
    const rejected = await processes[1].wait(webhook);
    if (rejected.kind !== 'token') throw new Error(rejected.kind);
    expect(await processes[0].take(webhook)).toEqual(rejected);
    await processes[1].reject(webhook.webhook.id, rejected.token);
    expect(await processes[0].take(webhook)).toEqual(rejected);
    expect(await processes[0].take(webhook, { isRepeat: true })).toEqual({ kind: 'wait' });
    await sent(2);
  });

  it('stays if its predecessor was rejected a moment ago', async () => {
    const webhook = await newWebhook();
    await fetched(webhook, 'one');
    const first = await processes[0].wait(webhook);
    if (first.kind !== 'token') throw new Error(first.kind);
    await processes[0].reject(webhook.webhook.id, first.token);
    await fetched(webhook, 'two');
    const second = await processes[0].wait(webhook);
    if (second.kind !== 'token') throw new Error(second.kind);
    expect(await processes[0].reject(webhook.webhook.id, second.token)).toBe(false);
    expect(await processes[0].take(webhook)).toEqual(second);
    await change(webhook, `rejected_at = now() - interval '11 s'`);
    expect(await processes[0].reject(webhook.webhook.id, second.token)).toBe(true);
  });
});

/** Returns a process whose reads fail after so many, and that reads again before it requests a token. */
function failingAfter(reads: number, error: Error): AccessTokens {
  let left = reads;
  const query = (...statement: unknown[]) =>
    left-- > 0 ? Reflect.apply(database.pool.query, database.pool, statement) : Promise.reject(error);
  return newProcess({
    pool: overriding(database.pool, { query: query as Pool['query'] }),
    async send({ refresh }) {
      await refresh();
      return { kind: 'not_started' };
    },
  });
}

describe('a read of the webhook that fails', () => {
  const bug = new TypeError('A bug');
  const outage = Object.assign(new Error('PostgreSQL is down'), { code: 'ECONNREFUSED' });

  it.each([0, 1])('is reported if PostgreSQL is available, after %i reads', async (reads) => {
    const webhook = await newWebhook();
    await expect(failingAfter(reads, bug).test(webhook, undefined)).rejects.toBe(bug);
    expect(await failingAfter(reads, outage).test(webhook, undefined)).toEqual({ kind: 'not_started' });
  });
});
