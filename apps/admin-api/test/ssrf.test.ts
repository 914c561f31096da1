// Every known way to write an inside address, through each door of the API that takes a URL or sends to one.
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

/** Nothing but the guard stands between a URL and the canary. */
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

const refused = () =>
  hostileUrls(canary.port).flatMap(({ url, verdict }) =>
    verdict === 'allowed' ? [] : [{ url, verdict, code: CODES[verdict] }],
  );

/** Validated webhooks that point to these URLs and wait to be moved there again, as nobody could make them by the API. */
async function putByHand(urls: string[]): Promise<string[]> {
  const ids = urls.map(newId);
  const secrets = ids.map((id) =>
    JSON.stringify([
      { sealed: api.deps.sealer.seal(newSigningSecret(), webhookSealingContext(id)), expiresAt: null },
    ]),
  );
  await api.deps.pool.query(
    `INSERT INTO webhook (id, tenant_id, url, pending_url, secrets, timeout_ms, status, epoch, active_since)
     SELECT id, $4, url, url, secrets, 5000, 'active', 0, 'epoch'
     FROM unnest($1::uuid[], $2::text[], $3::jsonb[]) AS given (id, url, secrets)`,
    [ids, urls, secrets, DEFAULT_TENANT_ID],
  );
  return ids.map((id) => encodeId('webhook', id));
}

/** The answers for all of `items`, eight at a time. */
async function each<Item, Answer>(items: Item[], ask: (item: Item) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < items.length; start += 8) {
    answers.push(...(await Promise.all(items.slice(start, start + 8).map(ask))));
  }
  return answers;
}

/** What becomes of a validation request to the staged URL, and of a test event to the present one. */
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
  it('makes no webhook', async () => {
    const rows = refused();
    const answers = await each(rows, ({ url }) => api.admin.post('/v1/webhooks', { url, eventTypes: ['*'] }));
    expect(answers.map(({ status, body }) => [status, body.code, body.errors?.[0].path])).toEqual(
      rows.map(({ code }) => [422, code, 'url']),
    );
    expect(await canary.hits()).toBe(0);
  });

  it('replaces none, before the validation and after it', async () => {
    const first = { url: 'https://example.com/', eventTypes: ['*'] };
    const pending = (await api.admin.post('/v1/webhooks', first)).body.id;
    const active = (await api.admin.post('/v1/webhooks', first)).body.id;
    await api.deps.pool.query(`UPDATE webhook SET status = 'active' WHERE id = $1`, [
      decodeId('webhook', active),
    ]);
    const rows = refused();
    for (const id of [pending, active]) {
      const answers = await each(rows, ({ url }) => api.admin.patch(`/v1/webhooks/${id}`, { url }));
      expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
        rows.map(({ code }) => [422, code]),
      );
      const { body } = await api.admin.get(`/v1/webhooks/${id}`);
      expect(body).toMatchObject({ url: first.url, pendingUrl: null });
    }
    expect(await canary.hits()).toBe(0);
  });

  it('gets no code and no test event where it stands in the database already', async () => {
    const rows = refused();
    const ids = await putByHand(rows.map(({ url }) => url));
    expect(await each(ids, sendToBoth)).toEqual(
      rows.map(({ verdict }) => [422, 'validation_delivery_failed', verdict, 200, verdict]),
    );
    expect(await canary.hits()).toBe(0);
  }, 60_000);
});

describe('a URL that is allowed', () => {
  it('makes a webhook', async () => {
    const rows = hostileUrls(canary.port).filter(({ verdict }) => verdict === 'allowed');
    const answers = await each(rows, ({ url }) => api.admin.post('/v1/webhooks', { url, eventTypes: ['*'] }));
    expect(answers.map(({ status }) => status)).toEqual(rows.map(() => 201));
  });

  it('gets neither code nor test event when its name leads inside', async () => {
    const ids = await putByHand(HOSTILE_NAMES.map(([name]) => `http://${name}:${canary.port}/`));
    const blocked = [422, 'validation_delivery_failed', 'blocked_address', 200, 'blocked_address'];
    expect(await each(ids, sendToBoth)).toEqual(HOSTILE_NAMES.map(() => blocked));
    expect(await canary.hits()).toBe(0);
  });
});
