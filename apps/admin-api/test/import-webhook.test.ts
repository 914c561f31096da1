// A webhook of another system: created, followed, corrected by hand.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { decodeId, onlySecrets, openSecret } from '@posthorn/core';
import { findWebhook } from '@posthorn/database/webhooks/prisma';
import { useApi } from './use-api.js';

const api = useApi({ attestationUntil: new Date(Date.now() + 3_600_000) });

const URL = 'https://receiver.example/';
const MOVED = 'https://moved.example/';
const SECRETS = ['the first secret of Acme', 'the second secret of Acme', 'the third secret of Acme'];
const secret = (index: number) => ({ secret: SECRETS[index], secretEncoding: 'text' });

let number = 0;
const newName = () => `hook-${(number += 1)}`;

const importAs = (name: string, fields: object = {}, headers: Record<string, string> = {}) =>
  api.admin.put(
    `/v1/webhooks/ext:${name}/import`,
    { source: 'Test', url: URL, eventTypes: ['a.b', 'a.c'], secrets: [secret(0)], ...fields },
    headers,
  );
const sync = async (name: string, fields: object = {}) =>
  (await importAs(name, { mode: 'sync', attestReason: 'receives already', ...fields })).body;

const get = async (name: string) => (await api.admin.get(`/v1/webhooks/ext:${name}`)).body;

const tagOf = async (name: string) =>
  (await api.admin.get(`/v1/webhooks/ext:${name}`)).headers.get('etag') ?? 'none';

const auditOf = async (id: string) =>
  (await api.admin.get(`/v1/audit-entries?target=${id}`)).body.data.length as number;

/** Returns the stored secrets of a webhook: their texts and ends, newest first. */
async function secretsOf(id: string): Promise<[text: string, endsAt: string | null][]> {
  const webhook = await findWebhook(api.deps.prisma, { id: decodeId('webhook', id) ?? '', tenantId: null });
  return onlySecrets(webhook?.secrets ?? []).map((stored) => [
    openSecret(webhook?.id ?? '', stored, api.deps.sealer).text,
    stored.expiresAt,
  ]);
}

describe('a new webhook', () => {
  it('is created with its settings, its secrets that are valid, and its source', async () => {
    const name = newName();
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    const { status, body } = await importAs(name, {
      secrets: [secret(0), { ...secret(1), endsAt }, { ...secret(2), endsAt: '2026-01-01T00:00:00Z' }],
      headers: { 'x-a': '1' },
      rateLimit: { limit: 5, perSeconds: 1 },
      shadow: true,
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      action: 'created',
      attested: false,
      webhook: {
        externalId: name,
        status: 'pending_validation',
        importedFrom: 'Test',
        headerNames: ['x-a'],
        rateLimit: { limit: 5, perSeconds: 1 },
        shadow: true,
      },
    });
    expect(await secretsOf(body.webhook.id)).toEqual([
      [SECRETS[0], null],
      [SECRETS[1], endsAt],
    ]);
    const listed = await api.admin.get('/v1/webhooks?importedFrom=Test&limit=200');
    expect(listed.body.data.map(({ externalId }: { externalId: string }) => externalId)).toContain(name);
    expect((await api.admin.get('/v1/webhooks?importedFrom=Other')).body.data).toEqual([]);
    const own = newName();
    await api.admin.post('/v1/webhooks', { url: URL, eventTypes: ['own'], externalId: own });
    for (const [isImported, expected] of [
      [true, name],
      [false, own],
    ] as const) {
      const { body: page } = await api.admin.get(`/v1/webhooks?imported=${isImported}&limit=200`);
      const names = new Set(page.data.map(({ externalId }: { externalId: string }) => externalId));
      expect([names.has(name), names.has(own)]).toEqual([expected === name, expected === own]);
    }
  });

  it('is created by one of several imports at the same time, and the others follow it', async () => {
    const name = newName();
    const imports = await Promise.all(Array.from({ length: 5 }, () => importAs(name, { mode: 'sync' })));
    expect(imports.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 200, 201]);
    const again = newName();
    const first = { 'if-none-match': '*' };
    const conditional = await Promise.all(Array.from({ length: 5 }, () => importAs(again, {}, first)));
    expect(conditional.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201, 412, 412, 412, 412,
    ]);
  });

  it('is where the Location says, also of another tenant', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'Located' });
    const { status, body, headers } = await importAs(newName(), { tenantId: tenant.id });
    expect([status, headers.get('location')]).toEqual([201, `/v1/webhooks/${body.webhook.id}`]);
  });

  it('is attested only if the source sends to it', async () => {
    const attestReason = 'receives already';
    const { body } = await importAs(newName(), { attestReason });
    expect(body).toMatchObject({ attested: true, webhook: { status: 'active' } });
    const disabled = await importAs(newName(), { attestReason, enabled: false });
    expect(disabled.body).toMatchObject({ attested: false, webhook: { status: 'pending_validation' } });
  });

  it.each([
    [{ secrets: [secret(0), secret(1)] }, 'secrets'],
    [{ secrets: [{ secret: 'x' }] }, 'secrets[0].secret'],
    [{ secrets: [{ secret: 'whsec_%%%%%%%%%%%%%%%%%' }] }, 'secrets[0].secret'],
    [{ secrets: [{ secret: 'whsec_text, not base64', secretEncoding: 'text' }] }, 'deliveryFormat'],
    [{ signingKey: {} }, 'signingKey'],
    [{ url: 'ftp://a.example/' }, 'url'],
    [{ eventTypes: ['!'] }, 'eventTypes[0]'],
    [{ deliveryFormat: { body: 'unknown' } }, 'deliveryFormat.body'],
    [{ filter: { minItem: 1 } }, 'filter.minItem'],
  ])('%j is refused, also in a dry run', async (fields, path) => {
    const name = newName();
    for (const dryRun of [true, false]) {
      const { status, body } = await importAs(name, { ...fields, dryRun });
      expect([status, body.errors?.map((error: { path: string }) => error.path)]).toEqual([422, [path]]);
    }
    expect(await get(name)).toMatchObject({ code: 'not_found' });
  });

  it('is refused with all errors at once', async () => {
    const endsAt = '2030-01-01T00:00:00Z';
    const secrets = [secret(0), { secret: 'whpk_AAAAAAAAAAAAAAAAAAAAAAAA', endsAt }];
    const { body } = await importAs(newName(), { url: 'ftp://a.example/', secrets, timeoutMs: 5 });
    expect(body.errors.map(({ path }: { path: string }) => path).toSorted()).toEqual(
      ['secrets[1].secret', 'timeoutMs', 'url'].toSorted(),
    );
  });

  it('is only validated in a dry run', async () => {
    const name = newName();
    const { status, body } = await importAs(name, { dryRun: true, attestReason: 'x' });
    expect([status, body]).toEqual([200, { action: 'created', fields: [], attested: true, webhook: null }]);
    expect(await get(name)).toMatchObject({ code: 'not_found' });
  });
});

const ORDER = { ordering: 'byKey', onExhausted: 'block', maxBlockedMinutes: 60, sequence: true };

describe('a repeated import', () => {
  it('follows the source, and then changes nothing', async () => {
    const name = newName();
    const first = await sync(name, { headers: { 'x-a': '1' } });
    expect(first).toMatchObject({ action: 'created', attested: true });
    const endsAt = new Date(Date.now() + 7_200_000).toISOString();
    const source = {
      url: MOVED,
      eventTypes: ['a.c', 'a.b'],
      headers: { 'x-a': '2' },
      metadata: { b: 1, a: { d: 1, c: 2 } },
      deliveryFormat: { signatures: ['svix'], body: 'data' },
      filter: { required: ['id'], properties: { id: { type: 'string' } } },
      ...ORDER,
      secrets: [secret(1), { ...secret(0), endsAt }],
    };
    const planned = await sync(name, { ...source, dryRun: true });
    expect((await get(name)).url).toBe(URL);
    const second = await sync(name, source);
    expect(second).toMatchObject({
      action: 'updated',
      attested: true,
      webhook: { url: MOVED, pendingUrl: null, ...ORDER },
    });
    expect(planned).toMatchObject({ action: 'updated', fields: second.fields });
    expect(second.fields.map((field: { name: string }) => field.name).toSorted()).toEqual(
      ['deliveryFormat', 'filter', 'headers', 'metadata', 'secret', 'url', ...Object.keys(ORDER)].toSorted(),
    );
    const { id } = second.webhook;
    expect(await secretsOf(id)).toEqual([
      [SECRETS[1], null],
      [SECRETS[0], endsAt],
    ]);
    const entries = await auditOf(id);
    expect(await sync(name, source)).toMatchObject({ action: 'unchanged', fields: [], attested: false });
    expect(await auditOf(id)).toBe(entries);
  });

  it('keeps the previous secret for a day if the source does not return it', async () => {
    const name = newName();
    const { webhook } = await sync(name);
    await sync(name, { secrets: [secret(1)] });
    const [newest, previous] = await secretsOf(webhook.id);
    expect(newest).toEqual([SECRETS[1], null]);
    expect(previous?.[0]).toBe(SECRETS[0]);
    expect(Date.parse(previous?.[1] ?? '')).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  });

  it('signs with the secrets of the source alone if it returns a previous one', async () => {
    const name = newName();
    const endsAt = new Date(Date.now() + 7_200_000).toISOString();
    const { webhook } = await sync(name);
    await sync(name, { secrets: [secret(1), { ...secret(0), endsAt }] });
    await sync(name, { secrets: [secret(2), { ...secret(1), endsAt }] });
    expect(await secretsOf(webhook.id)).toEqual([
      [SECRETS[2], null],
      [SECRETS[1], endsAt],
    ]);
    // Rotated twice since the last import.
    const again = newName();
    const { webhook: other } = await sync(again);
    await sync(again, { secrets: [secret(2), { ...secret(1), endsAt }] });
    expect(await secretsOf(other.id)).toHaveLength(2);
  });

  it('keeps the secret that was set by hand for a day, also if the source returns a previous one', async () => {
    const name = newName();
    const endsAt = new Date(Date.now() + 7_200_000).toISOString();
    const { webhook } = await sync(name);
    const own = { secret: 'the secret that a person has set', secretEncoding: 'text' };
    await api.admin.post(`/v1/webhooks/${webhook.id}/secrets/rotate`, own);
    await sync(name, { mode: 'replace', secrets: [secret(2), { ...secret(1), endsAt }] });
    expect((await secretsOf(webhook.id)).map(([text]) => text)).toEqual(
      expect.arrayContaining([SECRETS[2], SECRETS[1], own.secret]),
    );
  });

  it('suspends a disabled webhook only if it may, and reactivates it', async () => {
    const name = newName();
    await sync(name);
    const kept = [{ name: 'enabled', outcome: 'kept' }];
    expect(await sync(name, { enabled: false })).toMatchObject({
      fields: kept,
      webhook: { status: 'active' },
    });
    expect(await sync(name, { enabled: false })).toMatchObject({ action: 'unchanged', fields: kept });
    const followed = [{ name: 'enabled', outcome: 'followed' }];
    expect(await sync(name, { enabled: false, suspend: true })).toMatchObject({
      action: 'updated',
      fields: followed,
      webhook: { status: 'suspended', suspendReason: 'disabled in the system that it was imported from' },
    });
    expect(await sync(name, { enabled: false, suspend: true })).toMatchObject({ action: 'unchanged' });
    expect(await sync(name)).toMatchObject({ fields: followed, webhook: { status: 'active' } });
  });

  it('without a mode leaves the settings, and attests its URL', async () => {
    const name = newName();
    await importAs(name);
    const { status, body } = await importAs(name, { description: 'new', attestReason: 'x' });
    expect([status, body]).toMatchObject([
      200,
      {
        fields: [{ name: 'description', outcome: 'kept' }],
        attested: true,
        webhook: { description: null, status: 'active' },
      },
    ]);
    expect(await sync(name, { description: 'new' })).toMatchObject({ webhook: { description: 'new' } });
  });
});

describe('a correction by hand', () => {
  let name: string;
  beforeAll(() => {
    name = newName();
  });

  it('wins, and the result says where the source changed, too', async () => {
    const { webhook } = await sync(name, { description: 'one', timeoutMs: 2000 });
    const path = `/v1/webhooks/${webhook.id}`;
    await api.admin.patch(path, { description: 'by hand', timeoutMs: 3000, headers: { 'x-own': '1' } });
    await api.admin.post(`${path}/secrets/rotate`, {});
    await api.admin.post(`${path}/suspend`, {});
    const source = { description: 'two', timeoutMs: 2000, maxInFlight: 7, secrets: [secret(1)] };
    const { fields, webhook: after } = await sync(name, source);
    expect(
      Object.fromEntries(fields.map((field: Record<string, string>) => [field['name'], field['outcome']])),
    ).toEqual({
      description: 'conflict',
      timeoutMs: 'corrected',
      headers: 'corrected',
      secret: 'conflict',
      enabled: 'corrected',
      maxInFlight: 'followed',
    });
    expect(after).toMatchObject({
      description: 'by hand',
      timeoutMs: 3000,
      maxInFlight: 7,
      status: 'suspended',
    });
    expect(await sync(name, source)).toMatchObject({
      action: 'unchanged',
      webhook: { description: 'by hand' },
    });
  });

  it('of the external id stays, and the webhook follows the source as before', async () => {
    const renamed = newName();
    const own = `${renamed}-own`;
    const { webhook } = await sync(renamed, { description: 'one' });
    await api.admin.patch(`/v1/webhooks/${webhook.id}`, { externalId: own });
    const kept = { id: webhook.id, externalId: own, importedFrom: 'Test', importedId: renamed };
    expect(await sync(renamed, { description: 'two' })).toMatchObject({
      action: 'updated',
      webhook: { ...kept, description: 'two' },
    });
    expect(await importAs(renamed)).toMatchObject({
      status: 200,
      body: { action: 'unchanged', webhook: kept },
    });
    // Of another source, it is another webhook.
    const { body: other } = await importAs(renamed, { source: 'Other' });
    expect(other).toMatchObject({ action: 'created', webhook: { externalId: renamed } });
    expect(await sync(renamed, { description: 'three' })).toMatchObject({ webhook: kept });
    // The source has another webhook with the id that is in use.
    const { status, body } = await importAs(own, { mode: 'sync' });
    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(body.detail).toContain(renamed);
  });

  it('is replaced with `replace`, but stays suspended and keeps the headers that the source hides', async () => {
    const source = { headers: { 'x-a': '1' }, hiddenHeaders: ['X-Own'], mode: 'replace' };
    expect(await sync(name, source)).toMatchObject({
      fields: expect.arrayContaining([{ name: 'description', outcome: 'followed' }]),
      webhook: { description: null, headerNames: ['x-own', 'x-a'], status: 'suspended' },
    });
    expect(await sync(name, { ...source, mode: 'sync' })).toMatchObject({ action: 'unchanged' });
  });

  it('of the URL is neither replaced nor attested', async () => {
    const own = newName();
    const { webhook } = await sync(own);
    await api.admin.patch(`/v1/webhooks/${webhook.id}`, { url: 'https://own.example/' });
    expect(await sync(own, { url: MOVED })).toMatchObject({
      fields: [{ name: 'url', outcome: 'conflict' }],
      attested: false,
      webhook: { url: URL, pendingUrl: 'https://own.example/' },
    });
  });

  it('that deletes the webhook is kept, unless it is to be created again', async () => {
    const own = newName();
    const { webhook } = await sync(own);
    await api.admin.delete(`/v1/webhooks/${webhook.id}`);
    expect(await sync(own)).toEqual({
      action: 'unchanged',
      fields: [{ name: 'deleted', outcome: 'corrected' }],
      attested: false,
      webhook: null,
    });
    expect((await importAs(own)).body).toMatchObject({ action: 'created' });
    expect(await sync(own)).toMatchObject({ action: 'updated', attested: true });
  });

  it('of a webhook that was never imported is kept', async () => {
    const own = newName();
    await api.admin.post('/v1/webhooks', { url: URL, eventTypes: ['own'], externalId: own });
    expect(await sync(own)).toMatchObject({
      fields: [
        { name: 'eventTypes', outcome: 'corrected' },
        { name: 'secret', outcome: 'corrected' },
      ],
      webhook: { eventTypes: ['own'], importedFrom: 'Test' },
    });
  });
});

const remove = async (id: string, fields: object = {}) =>
  (await api.admin.post(`/v1/webhooks/${id}/import/remove`, { source: 'Test', ...fields })).body;

const imported = async (name: string) => (await sync(name)).webhook.id as string;

describe('a webhook that its source does not have any more', () => {
  it('is suspended first, and deleted only by a later call', async () => {
    const name = newName();
    const id = await imported(name);
    expect(await remove(id, { delete: true, dryRun: true })).toMatchObject({ action: 'removed' });
    expect(await get(name)).toMatchObject({ status: 'active' });
    expect(await remove(id, { delete: true })).toMatchObject({
      action: 'removed',
      webhook: { status: 'suspended', suspendReason: 'removed from the system that it was imported from' },
    });
    const entries = await auditOf(id);
    expect(await remove(id)).toMatchObject({ action: 'unchanged', webhook: { status: 'suspended' } });
    expect(await auditOf(id)).toBe(entries);
    expect(await remove(id, { delete: true, dryRun: true })).toMatchObject({ action: 'deleted' });
    expect(await remove(id, { delete: true })).toEqual({ action: 'deleted', webhook: null });
    expect(await get(name)).toMatchObject({ code: 'not_found' });
  });

  it('is reactivated when the source has it again', async () => {
    const name = newName();
    await remove(await imported(name));
    expect(await sync(name)).toMatchObject({
      action: 'updated',
      fields: [{ name: 'enabled', outcome: 'followed' }],
      webhook: { status: 'active' },
    });
    expect(await sync(name)).toMatchObject({ action: 'unchanged' });
  });

  it('is created again when the source has it again after its deletion, but not after one by hand', async () => {
    const name = newName();
    const id = await imported(name);
    await remove(id);
    await remove(id, { delete: true });
    const { action, webhook } = await sync(name);
    expect([action, webhook.status]).toEqual(['created', 'active']);
    await remove(webhook.id);
    await api.admin.delete(`/v1/webhooks/${webhook.id}`);
    expect(await sync(name)).toMatchObject({ webhook: null, fields: [{ name: 'deleted' }] });
  });

  it('stays as it was changed by hand: suspended, or reactivated', async () => {
    const name = newName();
    const id = await imported(name);
    await api.admin.post(`/v1/webhooks/${id}/suspend`, { reason: 'by hand' });
    expect(await remove(id)).toMatchObject({ webhook: { suspendReason: 'by hand' } });
    expect(await sync(name)).toMatchObject({ webhook: { status: 'suspended' } });
    await remove(id);
    await api.admin.post(`/v1/webhooks/${id}/reactivate`, {});
    expect(await remove(id, { delete: true })).toMatchObject({
      action: 'unchanged',
      webhook: { status: 'active' },
    });
  });

  it('is deleted by a later call if it was never validated', async () => {
    const { body } = await importAs(newName());
    expect(await remove(body.webhook.id)).toMatchObject({
      action: 'removed',
      webhook: { status: 'pending_validation' },
    });
    expect(await remove(body.webhook.id, { delete: true })).toMatchObject({ action: 'deleted' });
  });

  it('of another source stays', async () => {
    const name = newName();
    const id = await imported(name);
    expect(await remove(id, { source: 'Other' })).toMatchObject({ status: 409, code: 'invalid_state' });
    expect(await get(name)).toMatchObject({ status: 'active' });
  });
});

describe('a webhook with only an Ed25519 key', () => {
  const onlyEd25519 = { signatures: [{ profile: 'standard-webhooks', algorithm: 'ed25519' }] };

  it('keeps its keys, and gets the secret of the source with `replace`', async () => {
    const externalId = newName();
    const own = { url: URL, eventTypes: ['a.b', 'a.c'], externalId };
    const { body } = await api.admin.post('/v1/webhooks', {
      ...own,
      signingKey: {},
      deliveryFormat: onlyEd25519,
    });
    expect(body.secret).toBeNull();
    expect(await sync(externalId, { attestReason: undefined })).toMatchObject({
      fields: expect.arrayContaining([{ name: 'secret', outcome: 'corrected' }]),
    });
    expect(await secretsOf(body.id)).toEqual([]);
    expect(await sync(externalId, { mode: 'replace' })).toMatchObject({
      action: 'updated',
      fields: expect.arrayContaining([{ name: 'secret', outcome: 'followed' }]),
    });
    expect(await secretsOf(body.id)).toEqual([[SECRETS[0], null]]);
  });

  it('is not made by an import, also in a dry run', async () => {
    const name = newName();
    await sync(name);
    for (const hook of [name, newName()])
      for (const dryRun of [true, false]) {
        const { body } = await importAs(hook, { mode: 'sync', deliveryFormat: onlyEd25519, dryRun });
        expect(body).toMatchObject({ status: 409, code: 'invalid_state' });
      }
  });
});

it('where a webhook was imported from is not seen by its tenant', async () => {
  const { webhook } = await sync(newName());
  const { body } = await api.admin.post('/v1/api-keys', { tenantId: 'default', scopes: ['admin'] });
  const tenant = api.client(body.key);
  expect((await tenant.get(`/v1/webhooks/${webhook.id}`)).body.importedFrom).toBeNull();
  expect(await tenant.get('/v1/webhooks?importedFrom=Test')).toMatchObject({ status: 403 });
  expect(await tenant.get('/v1/webhooks?imported=false')).toMatchObject({ status: 403 });
  expect((await tenant.put('/v1/webhooks/ext:x/import', {})).status).toBe(403);
});

it('all shadows of a tenant end in one call', async () => {
  const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'Shadows' });
  for (const name of ['one', 'two', 'three'])
    await importAs(name, { tenantId: tenant.id, shadow: name !== 'three', attestReason: 'x' });
  const other = await importAs(newName(), { shadow: true });
  const path = `/v1/tenants/${tenant.id}/end-shadows`;
  expect(await api.admin.post(path, {})).toMatchObject({ status: 200, body: { ended: 2 } });
  expect(await api.admin.post(path, {})).toMatchObject({ status: 200, body: { ended: 0 } });
  const { body } = await api.admin.get(`/v1/webhooks?tenantId=${tenant.id}`);
  expect(body.data.map(({ shadow }: { shadow: boolean }) => shadow)).toEqual([false, false, false]);
  expect((await api.admin.get(`/v1/webhooks/${other.body.webhook.id}`)).body.shadow).toBe(true);
});

const refusal = (externalId: string) => ({ externalId, url: URL, reason: 'its filter has no counterpart' });

describe('webhooks that the import has refused', () => {
  it('stop the end of the shadows, unless they are accepted or exist', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'Refused' });
    await importAs('shadow', { tenantId: tenant.id, shadow: true, attestReason: 'x' });
    const path = `/v1/tenants/${tenant.id}`;
    const put = async (source: string, webhooks: object[]) =>
      (await api.admin.put(`${path}/refused-imports`, { source, webhooks })).body;
    await put('Test', [refusal('one'), refusal('two')]);
    const { data } = await put('Other', [refusal('three')]);
    expect(data).toMatchObject([
      { source: 'Other', externalId: 'three' },
      { source: 'Test', externalId: 'one', url: URL, reason: 'its filter has no counterpart' },
      { source: 'Test', externalId: 'two' },
    ]);

    const stopped = await api.admin.post(`${path}/end-shadows`, {});
    expect(stopped).toMatchObject({ status: 409, body: { code: 'invalid_state' } });
    expect(stopped.body.detail).toContain('3 webhooks');
    const { body: shadow } = await api.admin.get(`/v1/webhooks/ext:shadow?tenantId=${tenant.id}`);
    expect(shadow.shadow).toBe(true);

    // The next import brings one; another is created by hand.
    await put('Test', [refusal('two')]);
    await put('Other', []);
    await api.admin.put(`/v1/webhooks/ext:two?tenantId=${tenant.id}`, { url: URL, eventTypes: ['a.b'] });
    expect((await api.admin.get(`${path}/refused-imports`)).body).toEqual({ data: [] });
    expect(await api.admin.post(`${path}/end-shadows`, {})).toMatchObject({ body: { ended: 1 } });

    await put('Test', [refusal('four')]);
    expect(await api.admin.post(`${path}/end-shadows`, { acceptRefused: true })).toMatchObject({
      status: 200,
      body: { ended: 0 },
    });
  });

  it('are those of one tenant', async () => {
    const [one, other] = await Promise.all(
      ['One', 'Another'].map(async (name) => (await api.admin.post('/v1/tenants', { name })).body.id),
    );
    await api.admin.put(`/v1/tenants/${one}/refused-imports`, { source: 'Test', webhooks: [refusal('x')] });
    await api.admin.put(`/v1/tenants/${other}/refused-imports`, { source: 'Test', webhooks: [] });
    expect((await api.admin.get(`/v1/tenants/${one}/refused-imports`)).body.data).toHaveLength(1);
    expect(await api.admin.post(`/v1/tenants/${other}/end-shadows`)).toMatchObject({ status: 200 });
  });
});

describe('the entity tag of an imported webhook', () => {
  it('is the condition of an import, also of its dry run', async () => {
    const name = newName();
    expect((await importAs(name, {}, { 'if-match': '*' })).status).toBe(412);
    expect((await importAs(name, { dryRun: true }, { 'if-match': '*' })).status).toBe(412);
    const fields = { attestReason: 'receives already' };
    const created = await importAs(name, fields, { 'if-none-match': '*' });
    expect([created.status, created.headers.get('etag')]).toEqual([201, await tagOf(name)]);

    const changes = { mode: 'sync', url: MOVED };
    for (const dryRun of [true, false]) {
      const refused = await importAs(name, { ...changes, dryRun }, { 'if-match': '"other"' });
      expect([refused.status, refused.body.code]).toEqual([412, 'precondition_failed']);
    }
    expect((await importAs(name, { mode: 'sync' }, { 'if-match': '"other"' })).status).toBe(412);
    expect(await get(name)).toMatchObject({ url: URL, pendingUrl: null });

    const tag = await tagOf(name);
    const followed = await importAs(name, changes, { 'if-match': tag });
    expect([followed.status, followed.headers.get('etag')]).toEqual([200, await tagOf(name)]);
    expect((await importAs(name, { mode: 'sync' }, { 'if-match': tag })).status).toBe(412);
  });
});
