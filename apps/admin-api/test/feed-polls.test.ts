// Calls that wait for entries of a feed.
import { describe, expect, it } from '@jest/globals';
import { newId } from '@posthorn/core';
import { findChangedFeeds, type WatchedFeed } from '@posthorn/database/feed';
import { eventually, overriding } from '@posthorn/testkit';
import { FeedPolls } from '../src/feed/feed-polls.js';
import { createOpenLimiter, POLL_LIMITS } from '../src/http/open-limiter.js';
import type { CheckedClient } from './checked-client.js';
import { createFeedWebhook, type FeedWebhook } from './feed-webhook.js';
import { startApi } from './start-api.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

/** Longer than any test. */
const WAIT = '?wait=30';

const waiting = (count: number, { deps } = api) =>
  eventually(() => Promise.resolve(expect(deps.feedPolls.size).toBe(count)));

/** Begins to wait for an entry, and returns the response when it arrives. */
async function poll(
  webhook: FeedWebhook,
  {
    client = api.admin,
    query = WAIT,
    polls = 1,
  }: { client?: CheckedClient; query?: string; polls?: number } = {},
) {
  const response = webhook.feed(query, client);
  await waiting(polls);
  return { response };
}

describe('a call that waits', () => {
  it('returns the next entry', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    const { response } = await poll(webhook);
    const eventId = await webhook.publish();
    expect(await response).toMatchObject({
      status: 200,
      body: { entries: [{ sequence: 1, eventId }], last: 1 },
    });
  });

  it('returns an entry that there is already, and does not wait without `wait`', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    expect((await webhook.feed()).body.entries).toEqual([]);
    await webhook.publish();
    expect((await webhook.feed(WAIT)).body.entries).toHaveLength(1);
  });

  it('returns an empty page after its time', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    expect(await webhook.feed('?wait=1')).toMatchObject({ status: 200, body: { entries: [], last: 0 } });
  });

  it('waits behind the cursor that was stored when it began', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    await webhook.publish();
    const cursor = (sequence: number) =>
      api.admin.post(`/v1/webhooks/${webhook.id}/feed/cursor`, { sequence });
    await cursor(1);
    const { response } = await poll(webhook);
    await cursor(0);
    await webhook.publish();
    expect((await response).body).toMatchObject({ entries: [{ sequence: 2 }], cursor: 0 });
  });

  it.each(['suspend', 'delete'])('ends with an error when the webhook is stopped: %s', async (call) => {
    const webhook = await createFeedWebhook(api, receiver);
    const { response } = await poll(webhook);
    const path = `/v1/webhooks/${webhook.id}`;
    if (call === 'delete') await api.admin.delete(path);
    else await api.admin.post(`${path}/suspend`);
    const { body } = await response;
    expect([body.status, body.code]).toEqual(call === 'delete' ? [404, 'not_found'] : [409, 'invalid_state']);
  });

  it('ends with 401 when its key, or the key of its session, is revoked', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    const { body: key } = await api.admin.post('/v1/api-keys', { webhookId: webhook.id });
    const { response } = await poll(webhook, { client: api.client(key.key) });
    await api.admin.delete(`/v1/api-keys/${key.id}`);
    expect((await response).status).toBe(401);
    const { body: portalKey } = await api.admin.post('/v1/api-keys', { scopes: ['admin'] });
    const { body: link } = await api.client(portalKey.key).post('/v1/portal-links', { tenantId: 'default' });
    const portal = api.client(/#token=(php_[\w-]{43})$/.exec(link.url)?.[1]);
    const second = await poll(webhook, { client: portal });
    await api.admin.delete(`/v1/api-keys/${portalKey.id}`);
    expect((await second.response).status).toBe(401);
  });

  it('ends when the client disconnects', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    const controller = new AbortController();
    const response = fetch(`${api.url}/v1/webhooks/${webhook.id}/feed${WAIT}`, {
      headers: { authorization: `Bearer ${api.adminKey}` },
      signal: controller.signal,
    });
    await waiting(1);
    controller.abort();
    await expect(response).rejects.toThrow('abort');
    await waiting(0);
  });

  it('is not counted as a call in progress', async () => {
    const small = await startApi({ callLimits: { perTenant: 1, perKey: 1 } });
    try {
      const own = await small.receiver();
      const webhook = await createFeedWebhook(small, own);
      const response = webhook.feed(WAIT);
      await waiting(1, small);
      expect((await small.admin.get('/v1/webhooks')).status).toBe(200);
      await webhook.publish();
      expect((await response).body.entries).toHaveLength(1);
    } finally {
      await small.close();
    }
  });

  it('ends with an empty page when the process stops, and no further call waits', async () => {
    const stopping = new AbortController();
    const feedPolls = pollsWith({ stopping });
    const other = await startApi({ feedPolls, stopping: stopping.signal });
    const webhook = await createFeedWebhook(other, await other.receiver());
    const response = webhook.feed(WAIT);
    await waiting(1, other);
    stopping.abort();
    expect(await response).toMatchObject({ status: 200, body: { entries: [] } });
    const next = await webhook.feed(WAIT);
    expect([next.status, next.headers.get('retry-after')]).toEqual([503, '1']);
    await other.close();
    await feedPolls.stop();
  });

  it('is counted by a metric', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    const { response } = await poll(webhook);
    expect(await (await fetch(`${api.url}/metrics`)).text()).toContain('\nposthorn_feed_polls 1\n');
    await webhook.publish();
    await response;
    expect(await (await fetch(`${api.url}/metrics`)).text()).toContain('\nposthorn_feed_polls 0\n');
  });
});

interface PollsOptions {
  stopping?: AbortController;
  findChanged?: (feeds: readonly WatchedFeed[]) => Promise<readonly WatchedFeed[]>;
}

function pollsWith({
  stopping = new AbortController(),
  findChanged = () => Promise.resolve([]),
  ...options
}: PollsOptions) {
  return new FeedPolls({ findChanged, onError: () => {}, stopping: stopping.signal, ...options });
}

const NEVER = { timeoutMs: 2 ** 30, whenClosed: () => {} };

const pollOf = (fields: Partial<WatchedFeed> = {}): WatchedFeed => ({
  webhookId: newId(),
  epoch: 0,
  keyId: newId(),
  after: 0,
  ...fields,
});

describe('the limits of waiting calls', () => {
  const LIMITS = { ...POLL_LIMITS, perKey: 2, perTenant: 3, total: 4 };

  it('are one of the key, one of the tenant and one of the process', () => {
    const open = createOpenLimiter(LIMITS);
    const [keyId, tenantId] = [newId(), newId()];
    const openOther = (tenant = newId()) => open({ keyId: newId(), tenantId: tenant });
    const closes = [open({ keyId, tenantId }), open({ keyId, tenantId })];
    expect(() => open({ keyId, tenantId })).toThrow('API key or portal link already has 2 calls that wait');
    closes.push(openOther(tenantId));
    expect(() => openOther(tenantId)).toThrow('The tenant already has 3 calls that wait');
    closes.push(openOther());
    expect(() => openOther()).toThrow('This process already has 4 calls that wait');
    for (const close of closes) close();
    expect(openOther(tenantId)).toEqual(expect.any(Function));
  });

  it.each([
    [{ perKey: 0 }, 429],
    [{ total: 0 }, 503],
  ])('give 429 or 503, with Retry-After: %o', async (limits, status) => {
    const other = await startApi({ openPoll: createOpenLimiter({ ...LIMITS, ...limits }) });
    const webhook = await createFeedWebhook(other, await other.receiver());
    const response = await webhook.feed(WAIT);
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, '10']);
    expect((await webhook.feed()).status).toBe(200);
    await other.close();
  });

  it('count a call of a key for all tenants for the tenant of the webhook, until it has its response', async () => {
    const other = await startApi({ openPoll: createOpenLimiter({ ...LIMITS, perTenant: 1 }) });
    try {
      const webhook = await createFeedWebhook(other, await other.receiver());
      const response = webhook.feed(WAIT);
      await waiting(1, other);
      expect((await webhook.feed(WAIT)).status).toBe(429);
      await webhook.publish();
      expect((await response).status).toBe(200);
      const next = webhook.feed(`${WAIT}&after=1`);
      await waiting(1, other);
      await webhook.publish();
      expect((await next).status).toBe(200);
    } finally {
      await other.close();
    }
  });
});

describe('a thousand waiting calls', () => {
  it('are checked by one statement, which returns only the changed ones', async () => {
    const webhook = await createFeedWebhook(api, receiver);
    const changed = await createFeedWebhook(api, receiver);
    const { rows } = await api.deps.pool.query<{ id: string; epoch: number }>(
      `SELECT (SELECT id FROM api_key WHERE revoked_at IS NULL AND parent_id IS NULL AND expires_at IS NULL LIMIT 1) AS id, epoch
       FROM webhook WHERE id = $1`,
      [webhook.uuid],
    );
    const { id: keyId = '', epoch = 0 } = rows[0] ?? {};
    let statements = 0;
    let returned = 0;
    const pool = overriding(api.deps.pool, {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- called with a statement only
      query: (async (statement: string) => {
        statements += 1;
        const result = await api.deps.pool.query(statement);
        returned += result.rows.length;
        return result;
      }) as unknown as typeof api.deps.pool.query,
    });
    let checks = 0;
    const polls = pollsWith({
      findChanged: (feeds) => {
        checks += 1;
        return findChangedFeeds(pool, feeds);
      },
    });
    const fields = { webhookId: webhook.uuid, epoch, keyId };
    const idle = Array.from({ length: 999 }, () => polls.wait(pollOf(fields), NEVER));
    const woken = polls.wait(pollOf({ ...fields, webhookId: changed.uuid }), NEVER);
    await eventually(() => Promise.resolve(expect(checks).toBeGreaterThan(2)));
    expect([polls.size, returned]).toEqual([1000, 0]);
    await changed.publish();
    expect(await woken).toBe(true);
    expect([polls.size, returned]).toEqual([999, 1]);
    expect(statements).toBe(checks);
    await polls.stop();
    expect(new Set(await Promise.all(idle))).toEqual(new Set([false]));
  });

  it('go on after a check that failed', async () => {
    let checks = 0;
    const polls = pollsWith({
      findChanged: (feeds) => {
        checks += 1;
        return checks === 1 ? Promise.reject(new Error('unavailable')) : Promise.resolve(feeds);
      },
    });
    expect(await polls.wait(pollOf(), NEVER)).toBe(true);
    expect(checks).toBe(2);
    await polls.stop();
  });
});

it('no statement is made while no call waits', async () => {
  const sizes: number[] = [];
  const polls = pollsWith({
    findChanged: (feeds) => {
      sizes.push(feeds.length);
      return Promise.resolve(feeds);
    },
  });
  // The first check is made at once, when no call waits yet.
  expect(await polls.wait(pollOf(), NEVER)).toBe(true);
  expect(sizes).toEqual([1]);
  await polls.stop();
});
