import { describe, expect, it } from '@jest/globals';
import type { CheckedClient } from './checked-client.js';
import { createWebhook, latestCode } from './create-webhook.js';
import { startApi } from './start-api.js';
import { useApi, useReceiver } from './use-api.js';

const HOUR_MS = 3_600_000;
const REASON = 'receives from our old system since 2024';

const api = useApi({ attestationUntil: new Date(Date.now() + HOUR_MS) });
const receiver = useReceiver(api);

const attest = (id: string, client = api.admin) =>
  client.post(`/v1/webhooks/${id}/validation/attest`, { reason: REASON });

async function tenantAdmin(): Promise<CheckedClient> {
  const { body } = await api.admin.post('/v1/api-keys', { tenantId: 'default', scopes: ['admin'] });
  return api.client(body.key);
}

const until = async (client: CheckedClient) => (await client.get('/v1/session')).body.attestationUntil;

describe('an attestation', () => {
  it('activates a webhook without a request, and is shown for good', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const before = receiver.requests.length;
    const attested = await attest(id);
    expect(attested).toMatchObject({
      status: 200,
      body: {
        status: 'active',
        validatedAt: null,
        attestation: { url: receiver.url, by: expect.any(String), reason: REASON },
      },
    });
    expect(receiver.requests).toHaveLength(before);
    expect(attested.body.attestation.attestedAt).toBe(attested.body.activeSince);
    expect(await attest(id)).toMatchObject({ status: 409, body: { code: 'invalid_state' } });

    // The customer validates it later.
    expect(await api.admin.post(`/v1/webhooks/${id}/validation`)).toMatchObject({ status: 200 });
    const code = latestCode(receiver);
    const { body } = await api.admin.post(`/v1/webhooks/${id}/validation/confirm`, { code });
    expect(body).toMatchObject({
      status: 'active',
      activeSince: attested.body.activeSince,
      validatedAt: expect.any(String),
    });
    expect(body.attestation).toEqual(attested.body.attestation);
    expect(await api.admin.post(`/v1/webhooks/${id}/validation`)).toMatchObject({ status: 409 });
  });

  it('activates a pending URL', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await attest(id);
    await api.admin.patch(`/v1/webhooks/${id}`, { url: `${receiver.url}?new` });
    expect(await attest(id)).toMatchObject({
      body: { url: `${receiver.url}?new`, pendingUrl: null, attestation: { url: `${receiver.url}?new` } },
    });
  });

  it('is in the audit log, and hides the name of the key from the tenant', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    await attest(id);
    const { body } = await api.admin.get(`/v1/audit-entries?target=${id}&action=webhook.attested`);
    expect(body.data).toMatchObject([{ after: { status: 'active', attestReason: REASON } }]);
    const tenant = await tenantAdmin();
    expect((await tenant.get(`/v1/webhooks/${id}`)).body.attestation).toMatchObject({
      by: null,
      reason: REASON,
    });
  });

  it('is announced in the session of a key that may attest', async () => {
    expect(Date.parse(await until(api.admin))).toBeGreaterThan(Date.now());
    const { body } = await api.admin.post('/v1/api-keys', { scopes: ['webhooks:write'] });
    expect([await until(api.client(body.key)), await until(await tenantAdmin())]).toEqual([null, null]);
  });

  it('requires a key of all tenants and a reason', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    expect(await attest(id, await tenantAdmin())).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await api.admin.post(`/v1/webhooks/${id}/validation/attest`, { reason: '' })).toMatchObject({
      status: 422,
    });
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body).toMatchObject({
      status: 'pending_validation',
      attestation: null,
    });
  });
});

describe.each<[string, Date | null, string]>([
  ['without the setting', null, 'POSTHORN_ATTESTATION_UNTIL is not set'],
  [
    'after its end',
    new Date('2026-01-31T00:00:00Z'),
    'Attestation was allowed until 2026-01-31T00:00:00.000Z',
  ],
])('%s', (_, attestationUntil, detail) => {
  it('an attestation is refused', async () => {
    const other = await startApi({ attestationUntil });
    try {
      const { id } = await createWebhook(other.admin, receiver);
      expect(await attest(id, other.admin)).toMatchObject({
        status: 403,
        body: { code: 'attestation_not_allowed', detail: expect.stringContaining(detail) },
      });
      expect((await other.admin.get(`/v1/webhooks/${id}`)).body.status).toBe('pending_validation');
      expect((await other.admin.get('/v1/session')).body.attestationUntil).toBeNull();
    } finally {
      await other.close();
    }
  });
});
