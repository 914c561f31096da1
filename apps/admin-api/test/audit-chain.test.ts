import { describe, expect, it } from '@jest/globals';
import type { ExportLine } from '@posthorn/contract';
import { DEFAULT_TENANT_ID, encodeId } from '@posthorn/core';
import { chainAuditEntries, closeAuditRepeats } from '@posthorn/database/audit';
import { createActiveWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { signIn } from './sign-in.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi();
const receiver = useReceiver(api);

const DEFAULT_TENANT = encodeId('tenant', DEFAULT_TENANT_ID);
const VERIFY = '/v1/audit-entries/verification';
const EXPORT = '/v1/audit-entries/export';

const entries = async (query: string, client: CheckedClient = api.admin) =>
  (await client.get(`/v1/audit-entries?limit=200${query}`)).body.data;

const chain = () => chainAuditEntries(api.deps.pool);

const newTenant = async (name: string) => (await api.admin.post('/v1/tenants', { name })).body;

/** Exports the audit log, and returns its lines. */
async function exported(after: number | string, client = api.admin): Promise<ExportLine[]> {
  const { status, body } = await client.get(`${EXPORT}?after=${after}`);
  expect(status).toBe(200);
  // A single line is parsed as JSON.
  if (typeof body !== 'string') return [body];
  return body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('the verification of the audit log', () => {
  it('names the last entry, and the first break', async () => {
    for (const name of ['a', 'b', 'c']) await newTenant(name);
    expect((await api.admin.get(VERIFY)).body.unchained).toBeGreaterThan(2);
    await chain();
    const { body } = await api.admin.get(VERIFY);
    expect(body).toMatchObject({ dropped: { number: 0 }, unchained: 0, firstBreak: null });
    expect(body.verified).toEqual({ ...body.last, createdAt: expect.any(String) });
    const [newest] = await entries('');
    expect(newest).toMatchObject({ number: body.last.number, hash: body.last.hash });
    const part = (await api.admin.get(`${VERIFY}?after=${body.last.number - 2}&limit=1`)).body;
    expect(part.verified.number).toBe(body.last.number - 1);

    await api.deps.pool.query(`UPDATE audit_entry SET client_address = '192.0.2.9' WHERE number = $1`, [
      newest.number,
    ]);
    expect((await api.admin.get(VERIFY)).body.firstBreak).toEqual({
      number: newest.number,
      id: newest.id,
      reason: 'changed',
    });
    await api.deps.pool.query(`UPDATE audit_entry SET client_address = $1 WHERE number = $2`, [
      newest.clientAddress,
      newest.number,
    ]);
    expect((await api.admin.get(VERIFY)).body.firstBreak).toBeNull();
  });

  it('and the export take a key for all tenants', async () => {
    const { key } = await newTenant('own');
    for (const path of [VERIFY, EXPORT]) expect((await api.client(key).get(path)).status).toBe(403);
    for (const query of [
      'after=-1',
      'after=1e3',
      'after=x',
      'after=1:',
      'after=1:ab',
      `after=:${'a'.repeat(64)}`,
    ])
      for (const path of [VERIFY, EXPORT]) expect((await api.admin.get(`${path}?${query}`)).status).toBe(422);
    expect((await api.admin.get(`${VERIFY}?limit=5001`)).status).toBe(422);
  });

  it('shows numbers and hashes only to operators', async () => {
    const { id, key } = await newTenant('counted');
    await chain();
    expect((await entries(`&tenantId=${id}`))[0].number).toEqual(expect.any(Number));
    const { key: admin } = (await api.admin.post('/v1/api-keys', { tenantId: id, scopes: ['admin'] })).body;
    await chain();
    expect(key).toEqual(expect.any(String));
    for (const entry of await entries('', api.client(admin)))
      expect(entry).toMatchObject({ number: null, hash: null });
  });
});

const countExports = async () => (await entries('&action=audit_log.exported')).length;

describe('the export of the audit log', () => {
  it('continues only after an entry that still has its hash, and is recorded only then', async () => {
    await newTenant('exported');
    await chain();
    const [entry, complete] = (await exported(0)).slice(-2);
    expect(complete?.cursor).toBe(entry?.cursor);
    expect((await exported(entry?.cursor ?? '')).at(-1)).toMatchObject({ type: 'complete' });
    const [number = ''] = entry?.cursor.split(':') ?? [];
    const before = await countExports();
    for (const [place, detail] of [
      [`${number}:${'0'.repeat(64)}`, 'has another hash now'],
      [`999999:${'0'.repeat(64)}`, 'no longer exists'],
    ]) {
      const refused = await api.admin.get(`${EXPORT}?after=${place}`);
      expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
      expect(refused.body.detail).toContain(detail);
      const { firstBreak } = (await api.admin.get(`${VERIFY}?after=${place}`)).body;
      expect(firstBreak).toMatchObject({ reason: place?.startsWith('9') ? 'missing' : 'changed' });
    }
    expect(await countExports()).toBe(before);
    expect((await api.admin.get(`${VERIFY}?after=${entry?.cursor}`)).body).toMatchObject({
      firstBreak: null,
      late: 0,
      firstLate: null,
    });
  });

  it('has all chained entries in their order, continues after any of them, and is an entry itself', async () => {
    for (let index = 0; index < 120; index += 1)
      await api.deps.pool.query(
        `INSERT INTO audit_entry (id, actor_name, action, target) VALUES (posthorn_uuidv7(), 'system', 'event_type.created', $1)`,
        [`type.${index}`],
      );
    await chain();
    const all = await exported(0);
    const numbers = all.map(({ data }) => data['number']);
    expect(numbers.slice(0, -1)).toEqual(numbers.slice(0, -1).map((_, index) => index + 1));
    expect(all.length).toBeGreaterThan(120);
    const last = all.at(-2);
    expect(last).toMatchObject({
      type: 'audit_entry',
      cursor: `${String(last?.['data']['number'])}:${String(last?.['data']['hash'])}`,
    });
    expect(all.at(-1)).toEqual({ type: 'complete', cursor: last?.['cursor'], data: {} });
    const from = all.at(-4)?.['cursor'] ?? '';
    expect((await exported(from)).map(({ cursor }) => cursor)).toEqual(
      all.slice(-3).map(({ cursor }) => cursor),
    );

    expect(await exported(last?.['cursor'] ?? '')).toHaveLength(1);
    await chain();
    const later = await exported(last?.['cursor'] ?? '');
    expect(later[0]).toMatchObject({
      data: { action: 'audit_log.exported', target: 'audit_log', after: { after: 0 } },
    });
  });
});

const failedSignIns = () => entries('&action=sign_in.failed');

describe('a failed sign-in', () => {
  it('is recorded at once, and the others of the minute with their number', async () => {
    const attempt = async () =>
      expect((await api.client().post('/v1/session', { key: 'phk_wrong' })).status).toBe(401);
    for (let index = 0; index < 3; index += 1) await attempt();
    const first = await failedSignIns();
    expect(first.at(-1)).toMatchObject({
      actor: { keyId: null, sessionId: null, name: 'unknown' },
      after: { count: 1 },
      clientAddress: expect.any(String),
    });
    await api.deps.pool.query(`UPDATE audit_repeat SET ends_at = now() - interval '1 second'`);
    await closeAuditRepeats(api.deps.pool);
    const counts = (await failedSignIns()).map(({ after }: { after: { count: number } }) => after.count);
    expect(counts.reduce((sum: number, count: number) => sum + count, 0)).toBe(3);
    expect((await entries('&signIns=true')).map(({ action }: { action: string }) => action)).toContain(
      'sign_in.failed',
    );
  });

  it('is not recorded for a request with an invalid key', async () => {
    const before = await failedSignIns();
    expect((await api.client('phk_wrong').get('/v1/webhooks')).status).toBe(401);
    expect(await failedSignIns()).toEqual(before);
  });
});

describe('the views of payloads', () => {
  it('are recorded for people: once for each session, event and hour', async () => {
    const { id: tenantId, key } = await newTenant('viewed');
    const tenant = api.client(key);
    const webhook = await createActiveWebhook(api.admin, receiver, {
      tenantId,
      sequence: true,
      eventTypes: ['*'],
    });
    const event = { tenantId, type: 'a.b', data: { a: 1 } };
    const { id: eventId } = (await api.admin.post('/v1/events', event)).body;
    const { body: deliveries } = await api.admin.get(`/v1/events/${eventId}/deliveries`);
    const [delivery] = deliveries.data;
    const viewed = async () =>
      (await entries(`&tenantId=${tenantId}`)).filter(({ action }: { action: string }) =>
        action.endsWith('.viewed'),
      );

    for (const reader of [api.admin, tenant]) await reader.get(`/v1/events/${eventId}`);
    expect(await viewed()).toEqual([]);

    const session = await signIn(api, api.adminKey);
    const [signedIn] = await entries('&action=session.created');
    for (let times = 0; times < 2; times += 1) {
      expect((await session.get(`/v1/events/${eventId}`)).status).toBe(200);
      expect((await session.get(`/v1/deliveries/${delivery.id}/request`)).status).toBe(200);
      expect((await session.get(`/v1/webhooks/${webhook.id}/feed`)).status).toBe(200);
    }
    expect(await session.get('/v1/events')).toMatchObject({ status: 200 });
    expect(await viewed()).toMatchObject([
      { action: 'feed.viewed', target: webhook.id, actor: { sessionId: signedIn.target } },
      {
        action: 'payload.viewed',
        target: eventId,
        actor: { sessionId: signedIn.target, portalLinkId: null },
      },
    ]);

    const { body: link } = await api.admin.post('/v1/portal-links', { tenantId });
    const portal = api.client(new URL(link.url).hash.replace('#token=', ''));
    expect((await portal.get(`/v1/deliveries/${delivery.id}/request`)).status).toBe(200);
    const [byLink] = await viewed();
    expect(byLink).toMatchObject({
      action: 'payload.viewed',
      target: eventId,
      actor: { portalLinkId: link.id, sessionId: null, keyId: signedIn.actor.keyId },
      after: { deliveryId: delivery.id },
    });
  });

  it('are recorded for rejected events, by tenant', async () => {
    await api.deps.pool.query(
      `INSERT INTO rejected_event (id, source, code, message, payload) VALUES (posthorn_uuidv7(), 'queue', 'invalid_input', 'm', '{}')`,
    );
    const session = await signIn(api, api.adminKey);
    for (let times = 0; times < 2; times += 1) {
      const [rejected] = (await session.get('/v1/rejected-events')).body.data;
      await session.get(`/v1/rejected-events/${rejected.id}`);
    }
    expect(await entries('&action=rejected_events.viewed')).toMatchObject([
      { tenantId: null, target: 'none' },
      { tenantId: DEFAULT_TENANT, target: DEFAULT_TENANT },
    ]);
    expect(await entries(`&action=rejected_events.viewed&target=${DEFAULT_TENANT}`)).toHaveLength(1);
  });
});

it('names the session and each portal link that a person makes', async () => {
  const { id: tenantId } = await newTenant('linked');
  const session = await signIn(api, api.adminKey);
  const links = [];
  for (let index = 0; index < 2; index += 1)
    links.push((await session.post('/v1/portal-links', { tenantId })).body.id);
  const [signedIn] = await entries('&action=session.created');
  const created = await entries(`&action=portal_link.created&tenantId=${tenantId}`);
  expect(created.map(({ target }: { target: string }) => target)).toEqual(links.toReversed());
  for (const { actor } of created) expect(actor.sessionId).toBe(signedIn.target);
  expect(signedIn.target).toBe(
    encodeId(
      'apiKey',
      (await api.deps.pool.query(`SELECT id FROM api_key WHERE kind = 'session' ORDER BY id DESC LIMIT 1`))
        .rows[0].id,
    ),
  );
});
