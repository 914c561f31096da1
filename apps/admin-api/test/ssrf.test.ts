// Tries every known spelling of an internal address when a webhook is created, and one of each kind on each other API call that accepts
// a URL or sends to one. Senders and deliveries are tested with all spellings: sender-ssrf.test.ts of packages/outbound, and ssrf.test.ts
// of apps/worker.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  decodeId,
  DEFAULT_TENANT_ID,
  encodeId,
  newId,
  newSigningSecret,
  webhookSealingContext,
} from '@posthorn/core';
import { createSender, parseOutboundRules, type Sender } from '@posthorn/outbound';
import { type Canary, HOSTILE_NAMES, hostileUrls, startCanary } from '@posthorn/testkit';
import { startApi, type TestApi } from './start-api.js';

/** Only the address guard protects the canary. */
const outbound = parseOutboundRules({ http: true, ports: '*' });
const NAMES = new Map(HOSTILE_NAMES.map(([name, address]) => [name, address]));

let api: TestApi;
let canary: Canary;
let sender: Sender;
beforeAll(async () => {
  canary = await startCanary();
  sender = createSender(outbound, {
    lookup: async (name) => {
      const address = NAMES.get(name) ?? '127.0.0.1';
      return [{ address, family: address.includes(':') ? 6 : 4 }];
    },
  });
  api = await startApi({ outbound, sender });
});
afterAll(async () => {
  await sender.stop();
  await api.close();
  await canary.close();
});

const CODES = { blocked_address: 'url_not_allowed', invalid_url: 'invalid_input' };

const rejectedUrls = () =>
  hostileUrls(canary.port).flatMap(({ url, verdict, why }) =>
    verdict === 'allowed' ? [] : [{ url, verdict, why, code: CODES[verdict] }],
  );

/** Returns the first spelling of each kind. */
const oneOfEachKind = () => {
  const rows = rejectedUrls();
  return rows.filter(({ why }, index) => rows.findIndex((row) => row.why === why) === index);
};

/** Inserts active webhooks with these URLs, also as pending URLs. The API would reject them. */
async function insertWebhooks(urls: string[]): Promise<string[]> {
  const ids = urls.map(newId);
  const secrets = ids.map((id) =>
    JSON.stringify([
      { sealed: api.deps.sealer.seal(newSigningSecret(), webhookSealingContext(id)), expiresAt: null },
    ]),
  );
  await api.deps.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, pending_url, secrets, timeout_ms, status, epoch, active_since)
     SELECT id, $4, url, url, secrets, 30000, 'active', 0, 'epoch'
     FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) AS given (id, url, secrets)`,
    [ids, urls, secrets, DEFAULT_TENANT_ID],
  );
  return ids.map((id) => encodeId('webhook', id));
}

/** Calls `request` for all items, eight at a time. */
async function each<Item, Result>(
  items: Item[],
  request: (item: Item, position: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += 8) {
    results.push(...(await Promise.all(items.slice(start, start + 8).map(request))));
  }
  return results;
}

/** Sends a validation request to the pending URL and a test event to the current one. */
async function sendToBoth(id: string) {
  const [validation, test] = await Promise.all([
    api.admin.post(`/v1/webhooks/${id}/validation`),
    api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' }),
  ]);
  return [
    validation.status,
    validation.body.code,
    validation.body.error?.code,
    test.status,
    test.body.error?.code,
  ];
}

describe('a hostile URL', () => {
  it('is rejected on creation', async () => {
    const rows = rejectedUrls();
    const responses = await each(rows, ({ url }) =>
      api.admin.post('/v1/webhooks', { url, eventTypes: ['*'] }),
    );
    expect(responses.map(({ status, body }) => [status, body.code, body.errors?.[0].path])).toEqual(
      rows.map(({ code }) => [422, code, 'url']),
    );
    expect(await canary.hits()).toBe(0);
  });

  it('is rejected on update, before and after validation', async () => {
    const first = { url: 'https://example.com/', eventTypes: ['*'] };
    const pending = (await api.admin.post('/v1/webhooks', first)).body.id;
    const active = (await api.admin.post('/v1/webhooks', first)).body.id;
    await api.deps.pool.query(`UPDATE webhook SET status = 'active' WHERE id = $1`, [
      decodeId('webhook', active),
    ]);
    const rows = oneOfEachKind();
    const ids = [pending, active];
    const responses = await each(rows, ({ url }, position) =>
      api.admin.patch(`/v1/webhooks/${ids[position % 2]}`, { url }),
    );
    expect(responses.map(({ status, body }) => [status, body.code])).toEqual(
      rows.map(({ code }) => [422, code]),
    );
    for (const id of ids) {
      const { body } = await api.admin.get(`/v1/webhooks/${id}`);
      expect(body).toMatchObject({ url: first.url, pendingUrl: null });
    }
    expect(await canary.hits()).toBe(0);
  });

  it('receives no request even if it is already in the database', async () => {
    const rows = oneOfEachKind();
    const ids = await insertWebhooks(rows.map(({ url }) => url));
    expect(await each(ids, sendToBoth)).toEqual(
      rows.map(({ verdict }) => [422, 'validation_delivery_failed', verdict, 200, verdict]),
    );
    expect(await canary.hits()).toBe(0);
  });
});

describe('an allowed URL', () => {
  it('is accepted on creation', async () => {
    const rows = hostileUrls(canary.port).filter(({ verdict }) => verdict === 'allowed');
    const responses = await each(rows, ({ url }) =>
      api.admin.post('/v1/webhooks', { url, eventTypes: ['*'] }),
    );
    expect(responses.map(({ status }) => status)).toEqual(rows.map(() => 201));
  });

  it('receives no request if its name resolves to an internal address', async () => {
    const ids = await insertWebhooks(HOSTILE_NAMES.map(([name]) => `http://${name}:${canary.port}/`));
    const blocked = [422, 'validation_delivery_failed', 'blocked_address', 200, 'blocked_address'];
    expect(await each(ids, sendToBoth)).toEqual(HOSTILE_NAMES.map(() => blocked));
    expect(await canary.hits()).toBe(0);
  });
});
