// Many reads of feeds at the same time, and readers that do not read their pages.
import { get, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { MemoryBudget } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import type { ApiParts } from '../src/create-api.js';
import { FeedPolls } from '../src/feed/feed-polls.js';
import { PAGE_MEMORY } from '../src/http/body-limits.js';
import { FairLimiter } from '../src/http/fair-limiter.js';
import { createFeedWebhook } from './feed-webhook.js';
import { startApi, type TestApi } from './start-api.js';

const READS = 20;

let api: TestApi;
const NOTHING = () => Promise.resolve();
let unlock = NOTHING;

async function start(replace: Partial<ApiParts> = {}) {
  api = await startApi(replace);
  return createFeedWebhook(api, await api.receiver());
}

/** Makes all reads of feeds wait until `unlock`. */
async function lockFeeds(): Promise<void> {
  const client = await api.deps.pool.connect();
  unlock = async () => {
    unlock = NOTHING;
    await client.query('ROLLBACK');
    client.release();
  };
  await client.query('BEGIN; LOCK TABLE webhook_sequence IN ACCESS EXCLUSIVE MODE');
}

/** Returns the number of statements that wait for the lock. */
async function waitingReads(): Promise<number> {
  const { rows } = await api.deps.pool.query<{ count: number }>(
    `SELECT count(*)::integer AS count FROM pg_locks
     WHERE NOT granted AND relation = 'webhook_sequence'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  return rows[0]?.count ?? 0;
}

/** Requests a page and reads its headers only. */
const openPage = (path: string) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: `Bearer ${api.adminKey}` };
    get(`${api.url}${path}`, { agent: false, headers }, resolve).on('error', reject);
  });

afterEach(async () => {
  await unlock();
  await api.close();
});

describe('reads of feeds', () => {
  it('of many woken calls leave connections to lists', async () => {
    let isWoken = false;
    const feedPolls = new FeedPolls({
      findChanged: (feeds) => Promise.resolve(isWoken ? feeds : []),
      onError: () => {},
      stopping: new AbortController().signal,
    });
    const queue = new FairLimiter(2);
    let requested = 0;
    const webhook = await start({
      feedPolls,
      feedReads: {
        run: (owner, work) => {
          requested += 1;
          return queue.run(owner, work);
        },
      },
    });
    const responses = Array.from({ length: READS }, () => webhook.feed('?wait=30'));
    await eventually(() => Promise.resolve(expect(feedPolls.size).toBe(READS)));
    await lockFeeds();
    isWoken = true;
    await eventually(() => Promise.resolve(expect(requested).toBe(2 * READS)));
    await eventually(async () => expect(await waitingReads()).toBe(2));
    expect((await api.admin.get('/v1/deliveries')).status).toBe(200);
    expect(await waitingReads()).toBe(2);
    await unlock();
    const statuses = (await Promise.all(responses)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await feedPolls.stop();
  });

  it.each(['', '?wait=30'])('count as calls in progress%s', async (query) => {
    const webhook = await start({ callLimits: { perTenant: 1, perKey: 1 } });
    await webhook.publish();
    await lockFeeds();
    const response = webhook.feed(query);
    await eventually(async () => expect(await waitingReads()).toBe(1));
    const second = await webhook.feed(query);
    expect([second.status, second.body.code]).toEqual([429, 'too_many_requests']);
    await unlock();
    expect((await response).body.entries).toHaveLength(1);
  });
});

describe('readers that do not read their pages', () => {
  it('cannot fill the memory: further large pages get 503 with Retry-After, small ones do not', async () => {
    const twoPages = 24 * 1024 * 1024;
    const pageMemory = new MemoryBudget({
      ...PAGE_MEMORY,
      totalBytes: twoPages,
      perOwnerBytes: twoPages,
    });
    const webhook = await start({ pageMemory });
    // 17 bodies of about 240 KB are more than the 4 MB of a page, and in JSON twice that.
    for (let event = 0; event < 17; event += 1) await webhook.publish({ text: '"'.repeat(120_000) });
    const path = `/v1/webhooks/${webhook.id}/feed?after=0`;
    const readers = [await openPage(path), await openPage(path)];
    expect(readers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
    const refused = await webhook.feed('?after=0');
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
      503,
      'unavailable',
      '2',
    ]);
    expect((await webhook.feed('?after=0&limit=1')).status).toBe(200);
    for (const reader of readers) reader.destroy();
    await eventually(async () => expect((await webhook.feed('?after=0')).status).toBe(200));
    await eventually(() => Promise.resolve(expect(pageMemory.reservedBytes).toBe(0)));
  });
});
