import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openScriptClient } from '@posthorn/queue';
import {
  createUnconfirmedValidations,
  UNCONFIRMED_WINDOW_MS,
  type UnconfirmedValidations,
  type ValidationRequest,
} from '../src/validations/unconfirmed-validations.js';
import { useQueuePrefix } from './fixtures/use-queue-prefix.js';

const LIMITS = { perWebhook: 2, perTenant: 4, perTarget: 6 };

const settings = useQueuePrefix();
let store: UnconfirmedValidations;
let redis: Awaited<ReturnType<typeof openScriptClient<object>>>;
beforeEach(async () => {
  store = await createUnconfirmedValidations(settings, LIMITS);
  redis = await openScriptClient<object>(settings, {});
});
afterEach(async () => {
  await store.stop();
  redis.disconnect();
});

/** Returns a request of another webhook and tenant to another host, except for `fields`. */
function newRequest(fields: Partial<ValidationRequest> = {}): ValidationRequest {
  const host = `${randomUUID()}.example`;
  const url = `https://${host}/`;
  return { id: randomUUID(), webhookId: randomUUID(), tenantId: randomUUID(), url, host, ...fields };
}

/** Counts requests one after the other and returns which were refused: their scopes, or null. */
async function countAll(requests: readonly ValidationRequest[]): Promise<(string | null)[]> {
  const scopes: (string | null)[] = [];
  for (const request of requests) {
    const count = await store.count(request);
    scopes.push(count.ok ? null : count.scope);
  }
  return scopes;
}

const times = (count: number, fields: Partial<ValidationRequest>) =>
  Array.from({ length: count }, () => newRequest(fields));

describe('count', () => {
  it('refuses requests of one webhook, one tenant and to one host beyond their limits', async () => {
    expect(await countAll(times(3, { webhookId: randomUUID() }))).toEqual([null, null, 'webhook']);
    expect(await countAll(times(5, { tenantId: randomUUID() }))).toEqual([null, null, null, null, 'tenant']);
    const toOneHost = await countAll(times(7, { host: 'victim.example:443' }));
    expect(toOneHost).toEqual([null, null, null, null, null, null, 'host']);
  });

  it('counts a refused request nowhere', async () => {
    const { webhookId, tenantId, host } = newRequest();
    await countAll(times(8, { webhookId, tenantId, host }));
    expect(await countAll(times(3, { tenantId }))).toEqual([null, null, 'tenant']);
    expect(await countAll(times(3, { host }))).toEqual([null, null, null]);
  });

  it('is one limit for all processes, also for requests at the same time', async () => {
    const other = await createUnconfirmedValidations(settings, LIMITS);
    const requests = times(20, { tenantId: randomUUID() });
    const counts = await Promise.all(
      requests.map((request, index) => (index % 2 === 0 ? store : other).count(request)),
    );
    expect(counts.filter(({ ok }) => ok)).toHaveLength(LIMITS.perTenant);
    await other.stop();
  });

  it('returns when the next request leaves the window, and accepts requests after it', async () => {
    const webhookId = randomUUID();
    const requests = times(3, { webhookId });
    await countAll(requests);
    const key = `${settings.prefix}:unconfirmed:webhook:${webhookId}`;
    const leavesInMs = 60_000;
    await redis.zadd(key, Date.now() - UNCONFIRMED_WINDOW_MS + leavesInMs, requests[0]?.id ?? '');
    const refused = await store.count(newRequest({ webhookId }));
    expect(refused).toMatchObject({ ok: false, scope: 'webhook', limit: LIMITS.perWebhook });
    const { retryAfterMs } = refused as Extract<typeof refused, { ok: false }>;
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(leavesInMs);
    await redis.zadd(key, Date.now() - UNCONFIRMED_WINDOW_MS - 1, requests[0]?.id ?? '');
    expect(await countAll(times(2, { webhookId }))).toEqual([null, 'webhook']);
  });

  it('keeps nothing in Redis after the window', async () => {
    const request = newRequest();
    await store.count(request);
    await store.countAddress(request, '192.0.2.1');
    const keys = await redis.keys(`${settings.prefix}:*`);
    expect(keys).toHaveLength(5);
    for (const key of keys) {
      const ttlMs = await redis.pttl(key);
      expect(ttlMs).toBeGreaterThan(0);
      expect(ttlMs).toBeLessThanOrEqual(UNCONFIRMED_WINDOW_MS);
    }
  });
});

describe('countAddress', () => {
  it('limits requests to one address, no matter by which host names', async () => {
    const counts: boolean[] = [];
    for (let count = 0; count <= LIMITS.perTarget; count += 1) {
      const request = newRequest();
      await store.count(request);
      counts.push((await store.countAddress(request, '192.0.2.1')).ok);
    }
    expect(counts).toEqual([true, true, true, true, true, true, false]);
  });
});

describe('removeConfirmed', () => {
  it('removes all requests to the confirmed URL, everywhere', async () => {
    const { webhookId, tenantId, host, url } = newRequest();
    for (let round = 0; round < 5; round += 1) {
      const requests = times(2, { webhookId, tenantId, host, url });
      expect(await countAll(requests)).toEqual([null, null]);
      for (const request of requests)
        expect(await store.countAddress(request, '192.0.2.1')).toEqual({ ok: true });
      await store.removeConfirmed({ webhookId, url });
    }
    expect(await redis.keys(`${settings.prefix}:*`)).toEqual([]);
  });

  it('keeps the requests that the host name led to another address', async () => {
    const { webhookId, url } = newRequest();
    const [toVictim, toOwner] = [newRequest({ webhookId, url }), newRequest({ webhookId, url })];
    for (const [request, address] of [
      [toVictim, '192.0.2.1'],
      [toOwner, '198.51.100.1'],
    ] as const) {
      await store.count(request);
      await store.countAddress(request, address);
      // Requests of the same millisecond have no order.
      await sleep(2);
    }
    await store.removeConfirmed(toOwner);
    expect(await countAll(times(2, { webhookId }))).toEqual([null, 'webhook']);
    expect(await redis.zcard(`${settings.prefix}:unconfirmed:address:192.0.2.1`)).toBe(1);
    expect(await redis.zcard(`${settings.prefix}:unconfirmed:address:198.51.100.1`)).toBe(0);
  });

  it('keeps the requests to other URLs of the webhook', async () => {
    const { webhookId } = newRequest();
    const [victim, own] = [newRequest({ webhookId }), newRequest({ webhookId })];
    expect(await countAll([victim, own])).toEqual([null, null]);
    await store.countAddress(own, '192.0.2.1');
    await store.removeConfirmed(own);
    expect(await countAll(times(2, { webhookId }))).toEqual([null, 'webhook']);
  });
});

describe('remove', () => {
  it('removes one request, however often it is called', async () => {
    const { webhookId, url } = newRequest();
    const requests = times(2, { webhookId, url });
    await countAll(requests);
    for (let calls = 0; calls < 2; calls += 1) await store.remove(requests[0] ?? newRequest());
    expect(await countAll(times(2, { webhookId, url }))).toEqual([null, 'webhook']);
  });
});
