// Pages of feeds that are read just before the feed is stopped, and feeds that a failover of PostgreSQL has started again.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, MAX_READ_AGE_MS, newId } from '@posthorn/core';
import { overriding } from '@posthorn/testkit';
import { createFeedWebhook, type FeedWebhook } from './feed-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

/** Runs after the page was read and before the response is sent. */
let meanwhile: (() => Promise<unknown>) | null = null;
let reads = 0;

/** Lets reads of pages run `meanwhile`, and take longer than a read stays fresh. */
function delayReads(): void {
  const { history } = api.deps;
  const query = async (...[text, ...values]: Parameters<typeof history.$queryRaw>) => {
    const rows = await history.$queryRaw(text, ...values);
    reads += 1;
    const then = meanwhile;
    meanwhile = null;
    if (then) {
      await then();
      await sleep(MAX_READ_AGE_MS);
    }
    return rows;
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the type of the rows is that of the call
  api.deps.history = overriding(history, { $queryRaw: query as typeof history.$queryRaw });
}

beforeAll(delayReads);
afterEach(() => {
  meanwhile = null;
});

async function createOwnFeed(): Promise<{
  webhook: FeedWebhook;
  tenantId: string;
  key: string;
  keyId: string;
}> {
  const { body: tenant } = await api.admin.post('/v1/tenants', { name: newId() });
  const webhook = await createFeedWebhook(api, receiver, { tenantId: tenant.id });
  await webhook.publish();
  return { webhook, tenantId: tenant.id, key: tenant.key, keyId: tenant.keyId };
}

type Feed = Awaited<ReturnType<typeof createOwnFeed>>;

describe('a page that is read just before', () => {
  const STOPS: [string, (feed: Feed) => Promise<unknown>, number, string][] = [
    [
      'its webhook is suspended',
      ({ webhook }) => api.admin.post(`/v1/webhooks/${webhook.id}/suspend`),
      409,
      'invalid_state',
    ],
    [
      'its webhook is deleted',
      ({ webhook }) => api.admin.delete(`/v1/webhooks/${webhook.id}`),
      404,
      'not_found',
    ],
    [
      'its tenant is suspended',
      ({ tenantId }) => api.admin.post(`/v1/tenants/${tenantId}/suspend`),
      403,
      'tenant_suspended',
    ],
    ['the key is revoked', ({ keyId }) => api.admin.delete(`/v1/api-keys/${keyId}`), 401, 'unauthorized'],
  ];

  it.each(STOPS)('%s is not sent', async (_case, stop, status, code) => {
    const feed = await createOwnFeed();
    const client = api.client(feed.key);
    expect((await feed.webhook.feed('', client)).body.entries).toHaveLength(1);
    meanwhile = () => stop(feed);
    expect(await feed.webhook.feed('', client)).toMatchObject({ status, body: { code } });
  });

  it('nothing changes is sent, without a second read', async () => {
    const { webhook } = await createOwnFeed();
    reads = 0;
    meanwhile = async () => {};
    expect((await webhook.feed()).body.entries).toHaveLength(1);
    expect(reads).toBe(1);
  });
});

describe('a feed after a failover of PostgreSQL', () => {
  it('that lost the suspend of its webhook is suspended again', async () => {
    const { webhook } = await createOwnFeed();
    await api.deps.fences.raise([{ webhookId: webhook.uuid, epoch: 1, isDeleted: false }]);
    expect(await webhook.feed()).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    expect((await api.admin.get(`/v1/webhooks/${webhook.id}`)).body).toMatchObject({
      status: 'suspended',
      suspendReason: 'failover',
    });
  });

  it('that lost the delete of its webhook does not exist', async () => {
    const { webhook } = await createOwnFeed();
    await api.deps.fences.raise([{ webhookId: webhook.uuid, epoch: 1, isDeleted: true }]);
    expect((await webhook.feed()).status).toBe(404);
  });

  it('that lost the suspend of its tenant is suspended again', async () => {
    const { webhook, tenantId } = await createOwnFeed();
    const fence = { tenantId: decodeId('tenant', tenantId) ?? '', epoch: 1, isDeleted: false };
    await api.deps.fences.raiseTenants([fence]);
    expect(await webhook.feed()).toMatchObject({ status: 403, body: { code: 'tenant_suspended' } });
  });

  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('unavailable'))],
    ['does not reply', () => new Promise(() => {})],
  ])('is read while Redis %s', async (_case, find) => {
    const { webhook } = await createOwnFeed();
    const { fences } = api.deps;
    api.deps.fences = overriding(fences, { find });
    expect((await webhook.feed()).body.entries).toHaveLength(1);
    api.deps.fences = fences;
  });
});
