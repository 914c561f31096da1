import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { AUDIT_ACTIONS, createSealer, decodeId, LIVE_CHAIN } from '@posthorn/core';
import { registerKey, rotateKeys } from '@posthorn/database/encryption';
import { confirmRecipient, unsubscribeRecipient } from '@posthorn/database/notifications/prisma';
import { confirmClockDifference, MAX_CLOCK_DIFFERENCE_MS, mayDropData } from '@posthorn/database/server';
import { suspendWebhook } from '@posthorn/database/webhooks';
import { settle } from '@posthorn/database/fixtures';
import { createActiveWebhook, validateWebhook } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { runErasures } from './run-erasures.js';
import { signIn } from './sign-in.js';
import { useApi, useReceiver } from './use-api.js';

const api = useApi({
  attestationUntil: new Date(Date.now() + 3_600_000),
  email: {
    smtp: { send: () => Promise.reject(new Error('unused')) },
    from: 'a@b.example',
    operatorEmails: [],
    key: Buffer.alloc(32),
  },
});
const receiver = useReceiver(api);

const SPAN = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };

interface Entry extends Record<string, unknown> {
  id: string;
  action: string;
  target: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

async function entries(query = '', client: CheckedClient = api.admin): Promise<Entry[]> {
  const { status, body } = await client.get(`/v1/audit-entries?limit=200${query}`);
  expect(status).toBe(200);
  return body.data;
}

/** Returns the actions on a target, oldest first. */
const actions = async (target: string) =>
  (await entries(`&target=${target}`)).map(({ action }) => action).toReversed();

const latest = async (target: string) => (await entries(`&target=${target}`))[0];

const actionsOf = async (query: string) => new Set((await entries(query)).map(({ action }) => action));

const targets = async (query: string) => (await entries(query)).map(({ target }) => target);

async function shownHeaders(target: string): Promise<Record<string, unknown>> {
  const headers = (await latest(target))?.after?.['headers'];
  return { ...Object(headers) };
}

/** See audit-chain.test.ts. */
const NO_CHANGES: ReadonlySet<string> = new Set([
  'sign_in.failed',
  // Only an identity provider changes people: see single-sign-on.test.ts.
  'person.changed',
  'payload.viewed',
  'feed.viewed',
  'rejected_events.viewed',
  // See quarantine.test.ts.
  'quarantine.started',
  'quarantine.released',
  // See queues-page.test.ts.
  'queues.viewed',
  'audit_log.exported',
]);

describe('the audit trail', () => {
  it('records actor, change, request and address', async () => {
    const { id: keyId, key } = (
      await api.admin.post('/v1/api-keys', { name: 'deploy', scopes: ['webhooks:write'] })
    ).body;
    const { id } = await createWebhook(api.client(key), receiver);
    const before = Date.now();
    await api
      .client(key)
      .patch(`/v1/webhooks/${id}`, { description: 'new', timeoutMs: 10_000 }, { 'x-request-id': 'change-1' });
    const entry = await latest(id);
    expect(entry).toMatchObject({
      actor: { keyId, name: 'deploy' },
      action: 'webhook.updated',
      target: id,
      before: { description: null },
      after: { description: 'new' },
      requestId: 'change-1',
      clientAddress: '127.0.0.1',
    });
    // Only changed fields: the timeout was the same.
    expect(Object.keys(entry?.after ?? {})).toEqual(['description']);
    expect(Math.abs(new Date(String(entry?.['createdAt'])).getTime() - before)).toBeLessThan(60_000);
  });

  it('records every kind of change', async () => {
    const seen = new Set<string>();
    const expectTrail = async (target: string, expected: string[]) => {
      expect(await actions(target)).toEqual(expected);
      for (const action of expected) seen.add(action);
    };
    const { admin } = api;
    const { id } = await createWebhook(admin, receiver);
    await validateWebhook(admin, receiver, id);
    await admin.patch(`/v1/webhooks/${id}`, { eventTypes: ['a.b'] });
    await admin.post(`/v1/webhooks/${id}/secrets/rotate`);
    const [, older] = (await admin.get(`/v1/webhooks/${id}/secrets`)).body.data;
    await admin.delete(`/v1/webhooks/${id}/secrets/${older.id}`);
    const { id: signingKey } = (await admin.post(`/v1/webhooks/${id}/signing-keys`)).body;
    await admin.delete(`/v1/webhooks/${id}/signing-keys/${signingKey}`);
    await admin.post(`/v1/webhooks/${id}/client-certificate/csr`);
    await admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' });
    const event = (await admin.post('/v1/events', { type: 'a.b', data: {} })).body.id;
    const delivery = (await admin.get(`/v1/deliveries?webhookId=${id}`)).body.data[0].id;
    await settle(api.deps.pool, [decodeId('delivery', delivery) ?? ''], 'failed');
    const replay = (await admin.post(`/v1/events/${event}/replay`)).body.id;
    await admin.post(`/v1/replays/${replay}/cancel`);
    const recoverable = { since: new Date(0).toISOString(), webhookId: id, includeDropped: true };
    const recovery = (await admin.post('/v1/recoveries', recoverable)).body.id;
    await admin.post(`/v1/recoveries/${recovery}/cancel`);
    await admin.post(`/v1/deliveries/${delivery}/retry`);
    const { id: skippedEvent } = (await admin.post('/v1/events', { type: 'a.b', data: {} })).body;
    const skipped = (await admin.get(`/v1/events/${skippedEvent}/deliveries`)).body.data[0].id;
    await api.deps.pool.query(
      `UPDATE pending_delivery SET sequence = 1, ordering_key = '', chain = $2 WHERE id = $1`,
      [decodeId('delivery', skipped), LIVE_CHAIN],
    );
    await admin.post(`/v1/deliveries/${skipped}/skip`);
    await admin.post(`/v1/webhooks/${id}/suspend`, { reason: 'maintenance' });
    for (const command of ['acknowledge', 'mute', 'unmute'])
      await admin.post(`/v1/webhooks/${id}/notifications/${command}`);
    await admin.post(`/v1/webhooks/${id}/reactivate`, { reason: 'done' });
    expect(await latest(id)).toMatchObject({
      before: { status: 'suspended', suspendReason: 'maintenance' },
      after: { status: 'active', suspendReason: null, reason: 'done' },
    });
    await admin.delete(`/v1/webhooks/${id}`);
    await expectTrail(id, [
      'webhook.created',
      'webhook.validation_requested',
      'webhook.validated',
      'webhook.updated',
      'webhook.secret_rotated',
      'webhook.secret_ended',
      'webhook.signing_key_created',
      'webhook.signing_key_ended',
      'webhook.certificate_requested',
      'webhook.tested',
      'webhook.suspended',
      'webhook.acknowledged',
      'webhook.muted',
      'webhook.unmuted',
      'webhook.reactivated',
      'webhook.deleted',
    ]);
    const auth = { type: 'oauth2', tokenUrl: receiver.url, clientId: 'a', clientSecret: 'b' };
    const fields = { url: receiver.url, eventTypes: ['a.b'], auth };
    const moved = (await admin.post('/v1/webhooks', fields)).body.id;
    await admin.post(`/v1/webhooks/${moved}/test-authentication`);
    await admin.post(`/v1/webhooks/${moved}/validation/attest`, { reason: 'moved' });
    await expectTrail(moved, ['webhook.created', 'webhook.authentication_tested', 'webhook.attested']);
    await expectTrail(replay, ['replay.created', 'replay.cancelled']);
    await expectTrail(recovery, ['recovery.created', 'recovery.cancelled']);
    await expectTrail(delivery, ['delivery.retried']);
    await expectTrail(skipped, ['delivery.skipped']);
    expect(await actions(event)).toEqual([]);

    await admin.post('/v1/event-types', { name: 'audit.test' });
    await admin.patch('/v1/event-types/audit.test', { group: 'g' });
    await admin.delete('/v1/event-types/audit.test');
    await expectTrail('audit.test', ['event_type.created', 'event_type.updated', 'event_type.deleted']);

    const tenant = (await admin.post('/v1/tenants', { name: 'audited' })).body;
    await admin.patch(`/v1/tenants/${tenant.id}`, { quotas: { webhooks: 5 } });
    await admin.post(`/v1/tenants/${tenant.id}/client-certificate/csr`);
    await admin.get(`/v1/tenants/${tenant.id}/export`);
    for (const action of ['suspend', 'reactivate']) await admin.post(`/v1/tenants/${tenant.id}/${action}`);
    await admin.delete(`/v1/tenants/${tenant.id}`);
    await admin.post(`/v1/tenants/${tenant.id}/restore`);
    await expectTrail(
      tenant.id,
      [
        'created',
        'updated',
        'certificate_requested',
        'exported',
        'suspended',
        'reactivated',
        'deleted',
        'restored',
      ].map((change) => `tenant.${change}`),
    );
    const recipient = {
      tenantId: decodeId('tenant', tenant.id) ?? '',
      address: 'it@customer.example',
      key: Buffer.alloc(32, 7),
    };
    await admin.post('/v1/notification-recipients', { address: recipient.address, tenantId: tenant.id });
    await confirmRecipient(api.deps.prisma, recipient);
    await unsubscribeRecipient(api.deps.prisma, recipient);
    await admin.delete(`/v1/notification-recipients/${recipient.address}?tenantId=${tenant.id}`);
    await expectTrail(
      recipient.address,
      ['added', 'confirmed', 'unsubscribed', 'removed'].map((change) => `notification_recipient.${change}`),
    );
    await admin.post(`/v1/api-keys/${tenant.keyId}/rotate`);
    await admin.delete(`/v1/api-keys/${tenant.keyId}`);
    await expectTrail(tenant.keyId, ['api_key.created', 'api_key.rotated', 'api_key.revoked']);

    const { id: keyId, key } = (await admin.post('/v1/api-keys', { name: 'ui' })).body;
    await (await signIn(api, key)).delete('/v1/session');
    const session = (await entries(`&actorKeyId=${keyId}`))[0]?.target ?? '';
    await expectTrail(session, ['session.created', 'session.ended']);
    const { url } = (await admin.post('/v1/portal-links', { tenantId: 'default' })).body;
    const portal = api.client(String(url).split('token=')[1]);
    await portal.delete('/v1/session');
    const link = (await entries('&action=portal_link.created'))[0]?.target ?? '';
    await expectTrail(link, ['portal_link.created', 'portal_link.ended']);
    expect((await latest(session))?.['actor']).toEqual({
      keyId,
      personId: null,
      name: 'ui (session)',
      sessionId: session,
      portalLinkId: null,
    });
    await mayDropData(api.deps.pool, MAX_CLOCK_DIFFERENCE_MS + 1);
    await confirmClockDifference(api.deps.pool);
    await expectTrail('clock_difference', ['maintenance.confirmed']);
    const keys = [randomBytes(32), randomBytes(32)] as const;
    const [old, sealer] = [createSealer(keys[0]), createSealer(keys[1], keys[0])];
    await registerKey(api.deps.pool, 'payload', old);
    await api.deps.pool.query(`UPDATE encryption_key SET used_at = '2000-01-01'`);
    for await (const _ of rotateKeys({ pool: api.deps.pool, purpose: 'payload', sealer }));
    await expectTrail(old.keyId, ['encryption_key.rotated']);
    const person = { tenantId: tenant.id, key: '/customer/id', value: 'cus_1' };
    const erasure = (await admin.post('/v1/erasures', person)).body;
    await runErasures(api.deps.pool);
    await expectTrail(erasure.id, ['erasure.created', 'erasure.completed']);
    const changes = AUDIT_ACTIONS.filter((action) => !NO_CHANGES.has(action));
    expect([...seen].toSorted()).toEqual(changes.toSorted());
  });

  it('records nothing for requests without effect', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver, { description: 'same' });
    const before = await actions(id);
    await api.admin.patch(`/v1/webhooks/${id}`, { description: 'same' });
    await api.admin.post(`/v1/webhooks/${id}/reactivate`);
    await api.admin.post(`/v1/webhooks/${id}/validation`);
    await api.admin.patch(`/v1/webhooks/${id}`, { timeoutMs: -1 });
    await api.admin.get(`/v1/webhooks/${id}`);
    expect(await actions(id)).toEqual(before);
  });

  it('records a request with an Idempotency-Key once', async () => {
    const body = { url: receiver.url, eventTypes: ['a'] };
    const headers = { 'idempotency-key': 'once' };
    const { id } = (await api.admin.post('/v1/webhooks', body, headers)).body;
    expect((await api.admin.post('/v1/webhooks', body, headers)).body.id).toBe(id);
    expect(await actions(id)).toEqual(['webhook.created']);
  });

  it('shows that a header changed without its value', async () => {
    const { id } = await createWebhook(api.admin, receiver, {
      headers: { 'X-Token': 'first', 'X-Same': 's' },
    });
    const created = await shownHeaders(id);
    expect(created).toEqual({
      'X-Token': expect.stringMatching(/^\[redacted [0-9a-f]{8}\]$/),
      'X-Same': expect.stringMatching(/^\[redacted [0-9a-f]{8}\]$/),
    });
    await api.admin.patch(`/v1/webhooks/${id}`, { headers: { 'X-Token': 'second', 'X-Same': 's' } });
    const changed = await shownHeaders(id);
    expect(changed['X-Same']).toBe(created['X-Same']);
    expect(changed['X-Token']).not.toBe(created['X-Token']);
  });

  it("names the system as the actor of Posthorn's own changes", async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    const webhook = { id: decodeId('webhook', id) ?? '', epoch: 0, url: receiver.url, reason: 'gone' };
    expect(await suspendWebhook(api.deps.pool, webhook)).toBe(1);
    expect(await latest(id)).toMatchObject({
      actor: { keyId: null, name: 'system' },
      action: 'webhook.suspended',
      before: { status: 'active', suspendReason: null },
      after: { status: 'suspended', suspendReason: 'gone' },
      requestId: null,
      clientAddress: null,
    });
  });

  it('commits or rolls back together with the change', async () => {
    await api.deps.pool.query(
      `ALTER TABLE audit_entry ADD CONSTRAINT refused CHECK (request_id <> 'refuse') NOT VALID`,
    );
    const { id } = await createActiveWebhook(api.admin, receiver);
    const before = (await api.admin.get('/v1/webhooks')).body;
    const headers = { 'x-request-id': 'refuse' };
    for (const response of [
      await api.admin.post('/v1/webhooks', { url: receiver.url, eventTypes: ['a'] }, headers),
      await api.admin.patch(`/v1/webhooks/${id}`, { description: 'not to be' }, headers),
      await api.admin.post(`/v1/webhooks/${id}/suspend`, undefined, headers),
      await api.admin.post(`/v1/webhooks/${id}/secrets/rotate`, undefined, headers),
      await api.admin.post('/v1/event-types', { name: 'not.to.be' }, headers),
      await api.admin.post('/v1/tenants', { name: 'not to be' }, headers),
      await api.admin.post(`/v1/webhooks/${id}/replay`, SPAN, headers),
    ])
      expect(response.status).toBe(500);
    await api.deps.pool.query('ALTER TABLE audit_entry DROP CONSTRAINT refused');
    expect((await api.admin.get('/v1/webhooks')).body).toEqual(before);
    expect((await api.admin.get('/v1/event-types/not.to.be')).status).toBe(404);
    expect((await api.admin.get('/v1/replays')).body.data).not.toContainEqual(
      expect.objectContaining({ webhookId: id }),
    );
    expect(JSON.stringify((await api.admin.get('/v1/tenants')).body)).not.toContain('not to be');
  });
});

describe('a change that fails at its commit', () => {
  it('is not recorded', async () => {
    const { id } = await createActiveWebhook(api.admin, receiver);
    const tables = ['webhook', 'event_type', 'tenant', 'replay'];
    await api.deps.pool.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''refused''; END';
      ${tables
        .map(
          (table) => `CREATE CONSTRAINT TRIGGER refused AFTER INSERT OR UPDATE ON ${table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();`,
        )
        .join('\n')}`);
    const before = await entries();
    for (const response of [
      await api.admin.patch(`/v1/webhooks/${id}`, { description: 'not to be' }),
      await api.admin.post(`/v1/webhooks/${id}/suspend`),
      await api.admin.post('/v1/event-types', { name: 'not.to.be' }),
      await api.admin.post('/v1/tenants', { name: 'not to be' }),
      await api.admin.post(`/v1/webhooks/${id}/replay`, SPAN),
    ])
      expect(response.status).toBe(500);
    await api.deps.pool.query(tables.map((table) => `DROP TRIGGER refused ON ${table};`).join('\n'));
    expect(await entries()).toEqual(before);
  });
});

describe('the list of the audit trail', () => {
  it('covers one tenant for its admins, and all tenants for global admins', async () => {
    const { id: tenantId } = (await api.admin.post('/v1/tenants', { name: 'looks' })).body;
    const own = api.client((await api.admin.post('/v1/api-keys', { tenantId, scopes: ['admin'] })).body.key);
    const webhook = await createWebhook(own, receiver);
    const theirs = await createWebhook(api.admin, receiver);
    const seen = await entries('', own);
    expect(new Set(seen.map((entry) => entry['tenantId']))).toEqual(new Set([tenantId]));
    expect(seen.map(({ target }) => target)).toContain(webhook.id);
    expect(await entries(`&target=${theirs.id}`, own)).toEqual([]);
    expect((await entries(`&tenantId=${tenantId}`)).map(({ id }) => id)).toEqual(seen.map(({ id }) => id));
    const all = (await entries()).map(({ target }) => target);
    expect(all).toEqual(expect.arrayContaining([webhook.id, theirs.id]));
  });

  it('is paged and filtered by actor, action and time', async () => {
    const { id: actorKeyId, key } = (await api.admin.post('/v1/api-keys', { scopes: ['webhooks:write'] }))
      .body;
    const from = new Date().toISOString();
    const created: string[] = [];
    for (let count = 0; count < 3; count += 1)
      created.push((await createWebhook(api.client(key), receiver)).id);
    const newestFirst = created.toReversed();
    expect(await targets(`&actorKeyId=${actorKeyId}`)).toEqual(newestFirst);
    expect(await targets(`&action=webhook.created&from=${from}`)).toEqual(newestFirst);
    expect(await targets(`&actorKeyId=${actorKeyId}&to=${from}`)).toEqual([]);
    expect(await targets(`&actorKeyId=${actorKeyId}&action=webhook.deleted`)).toEqual([]);

    const paged: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await api.admin.get(
        `/v1/audit-entries?limit=2&actorKeyId=${actorKeyId}${cursor && `&cursor=${cursor}`}`,
      );
      paged.push(...page.body.data.map(({ target }: Entry) => target));
      cursor = page.body.nextCursor;
    }
    expect(paged).toEqual(newestFirst);
    expect((await api.admin.get('/v1/audit-entries?action=nonsense')).status).toBe(422);
  });
});

describe('the audit trail that a key of a tenant sees', () => {
  const NAME = 'operator alice';

  it('names its own keys, sessions and links, but neither key nor address of an operator', async () => {
    const operatorKey = (await api.admin.post('/v1/api-keys', { name: NAME, scopes: ['admin'] })).body;
    const operator = api.client(operatorKey.key);
    const tenant = (await operator.post('/v1/tenants', { name: 'curious' })).body;
    const tenantId = tenant.id;
    const own = (await operator.post('/v1/api-keys', { tenantId, name: 'own', scopes: ['admin'] })).body;
    const ownKey = api.client(own.key);
    const { id } = await createWebhook(ownKey, receiver);
    const change = (client: CheckedClient, description: string) =>
      client.patch(`/v1/webhooks/${id}`, { description });
    await change(operator, 'by the operator');
    await change(await signIn(api, operatorKey.key), 'by a session of the operator');
    await change(await signIn(api, own.key), 'by an own session');
    for (const creator of [operator, ownKey]) {
      const { url } = (await creator.post('/v1/portal-links', { tenantId })).body;
      await change(
        api.client(String(url).split('token=')[1]),
        `by a link of ${creator === ownKey ? 'own' : 'other'}`,
      );
    }
    const updates = (client: CheckedClient) =>
      entries(`&target=${id}&action=webhook.updated&tenantId=${tenantId}`, client);
    const seen = (await updates(ownKey)).toReversed();
    const hidden = { actor: { keyId: null, name: 'operator' }, clientAddress: null, requestId: null };
    const shown = { clientAddress: '127.0.0.1', requestId: expect.any(String) };
    expect(seen).toMatchObject([
      hidden,
      hidden,
      { actor: { keyId: own.id, name: 'own (session)' }, ...shown },
      { actor: { keyId: null, name: 'portal link' }, ...shown },
      { actor: { keyId: own.id, name: 'own (portal)' }, ...shown },
    ]);
    const everything = JSON.stringify(await entries('', ownKey));
    expect(everything).not.toContain(NAME);
    expect(everything).not.toContain(operatorKey.id);

    const full = (await updates(api.admin)).toReversed();
    expect(full.map(({ actor }) => actor)).toMatchObject([
      { keyId: operatorKey.id, name: NAME, portalLinkId: null },
      { keyId: operatorKey.id, name: `${NAME} (session)` },
      { keyId: own.id, name: 'own (session)' },
      { keyId: operatorKey.id, name: `${NAME} (portal)`, portalLinkId: expect.stringMatching(/^key_/) },
      { keyId: own.id, name: 'own (portal)' },
    ]);
    expect(full.every(({ clientAddress }) => clientAddress === '127.0.0.1')).toBe(true);
  });

  it('names Posthorn itself, and operators also for replays', async () => {
    const tenant = (await api.admin.post('/v1/tenants', { name: 'suspended by itself' })).body;
    const own = { tenantId: tenant.id, name: 'own', scopes: ['admin'] };
    const key = (await api.admin.post('/v1/api-keys', own)).body;
    const ownKey = api.client(key.key);
    const { id } = await createActiveWebhook(ownKey, receiver);
    const replay = (await api.admin.post(`/v1/webhooks/${id}/replay`, SPAN)).body.id;
    const ownReplay = (await ownKey.post(`/v1/webhooks/${id}/replay`, SPAN)).body.id;
    const uuid = decodeId('webhook', id) ?? '';
    await suspendWebhook(api.deps.pool, { id: uuid, epoch: 0, url: receiver.url, reason: 'gone' });
    const actorOf = async (target: string) => (await entries(`&target=${target}`, ownKey))[0]?.['actor'];
    expect(await actorOf(replay)).toMatchObject({ keyId: null, name: 'operator' });
    expect(await actorOf(ownReplay)).toMatchObject({ keyId: key.id, name: 'own' });
    expect(await actorOf(id)).toMatchObject({ keyId: null, name: 'system' });
  });
});

describe('an entry', () => {
  it('has the present name of its target', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'Renamed before' });
    await api.admin.patch(`/v1/tenants/${tenant.id}`, { name: 'Renamed' });
    await api.admin.post('/v1/event-types', { name: 'named.type' });
    expect((await latest(id))?.['targetName']).toBe(receiver.url);
    expect((await entries(`&target=${tenant.id}`)).map(({ targetName }) => targetName)).toEqual([
      'Renamed',
      'Renamed',
    ]);
    expect((await latest(tenant.keyId))?.['targetName']).toBe('Renamed before');
    expect((await latest('named.type'))?.['targetName']).toBeNull();
    await api.admin.delete(`/v1/webhooks/${id}`);
    expect((await latest(id))?.['targetName']).toBe(receiver.url);
  });

  it('of a sign-in can be excluded, or listed alone', async () => {
    await signIn(api, api.adminKey);
    const signIns = [...(await actionsOf('&signIns=true'))];
    expect(signIns).toContain('session.created');
    expect(signIns.filter((action) => !action.startsWith('session.'))).toEqual([]);
    const changes = await actionsOf('&signIns=false');
    expect(changes).not.toContain('session.created');
    expect(changes.size).toBeGreaterThan(3);
    expect(await actionsOf('&signIns=false&action=session.created')).toEqual(new Set());
    expect((await api.admin.get('/v1/audit-entries?signIns=maybe')).status).toBe(422);
  });
});
