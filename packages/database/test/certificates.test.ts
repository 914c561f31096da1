import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CertificateDetails,
  certificateSealingContext,
  createSealer,
  newId,
  type Sealer,
} from '@posthorn/core';
import { registerKey } from '../src/encryption/encryption-keys.js';
import { rotateKeys } from '../src/encryption/rotate-keys.js';
import { countSealed } from '../src/encryption/sealed-values.js';
import { readAttention } from '../src/health/read-attention.js';
import { readCertificateExpiry } from '../src/health/read-certificate-expiry.js';
import { announceCertificates } from '../src/notifications/announce-certificates.js';
import { updateTenant } from '../src/tenants/tenants.js';
import { findConnectionCertificates, type NewCertificates } from '../src/webhooks/certificates.js';
import { changeWebhook } from '../src/webhooks/change-webhook.js';
import { findCertificates } from '../src/webhooks/find-certificates.js';
import { findWebhook } from '../src/webhooks/find-webhooks.js';
import { storeTenantRequest } from '../src/webhooks/request-certificate.js';
import { restoreWebhooks } from '../src/webhooks/restore-webhooks.js';
import { NO_AUDIT } from './fixtures/no-audit.js';
import { operationalEventsOf } from './fixtures/operational-events.js';
import { addTenant, addWebhook } from './fixtures/rows.js';
import { endProcesses, newKeys } from './fixtures/sealed-rows.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const sealer = createSealer(Buffer.alloc(32, 7));
const DAY_MS = 86_400_000;
const inDays = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString();

const ACTOR = NO_AUDIT.actor;

let tenantId: string;
let webhookId: string;
beforeEach(async () => {
  await db.pool.query('DELETE FROM tls_certificate');
  await db.pool.query('DELETE FROM operational_event');
  tenantId = await addTenant(db.pool);
  webhookId = await addWebhook(db.pool, { tenantId });
});

const detailsOf = (subject: string, notAfter: string): CertificateDetails => ({
  subject: `CN=${subject}`,
  issuer: 'CN=authority',
  serialNumber: '01',
  fingerprint256: `${subject}:AA`,
  notBefore: inDays(-100),
  notAfter,
});

/** A client certificate with an intermediate one that expires first. */
function newClient(days: number, seals: Sealer = sealer): NewCertificates {
  const id = newId();
  return {
    id,
    pem: 'the certificates',
    keySealed: seals.seal('the key', certificateSealingContext(id)),
    details: [detailsOf('client', inDays(days + 100)), detailsOf('intermediate', inDays(days))],
  };
}

const newCa = (days: number): NewCertificates => ({
  id: newId(),
  pem: 'the authority',
  keySealed: null,
  details: [detailsOf('authority', inDays(days))],
});

const setOfWebhook = (certificates: { client?: NewCertificates | null; ca?: NewCertificates | null }) =>
  changeWebhook(db.prisma, { id: webhookId, tenantId: null }, () => ({ certificates }), NO_AUDIT);

const setOfTenant = (certificates: { client?: NewCertificates | null; ca?: NewCertificates | null }) =>
  updateTenant(db.prisma, tenantId, { settings: { certificates }, actor: ACTOR });

const version = async () =>
  (await db.pool.query('SELECT xmin::text AS v FROM webhook WHERE id = $1', [webhookId])).rows[0].v;

const eventsOf = () => operationalEventsOf(db.pool, tenantId);

const countRows = async (): Promise<number | null> =>
  (await db.pool.query('SELECT FROM tls_certificate')).rowCount;

async function connectionOf() {
  const prisma = db.prisma;
  const webhook = await findWebhook(prisma, { id: webhookId, tenantId: null });
  if (!webhook) throw new Error('not found');
  const { client, ca } = await findConnectionCertificates(prisma, webhook);
  return [client?.id, ca?.id];
}

describe('the certificates of a webhook', () => {
  it('are its own, or those of its tenant', async () => {
    const [own, ofTenant, ca] = [newClient(300), newClient(300), newCa(300)];
    expect(await connectionOf()).toEqual([undefined, undefined]);
    await setOfTenant({ client: ofTenant, ca });
    expect(await connectionOf()).toEqual([ofTenant.id, ca.id]);
    await setOfWebhook({ client: own });
    expect(await connectionOf()).toEqual([own.id, ca.id]);
    await setOfWebhook({ client: null });
    expect(await connectionOf()).toEqual([ofTenant.id, ca.id]);
    await setOfTenant({ client: null, ca: null });
    expect(await connectionOf()).toEqual([undefined, undefined]);
    expect(await countRows()).toBe(0);
  });

  it('are deleted when they are replaced, and with the webhook', async () => {
    const [first, second] = [newClient(300), newClient(300)];
    await setOfWebhook({ client: first, ca: newCa(300) });
    await setOfWebhook({ client: second });
    expect([...(await findCertificates(db.pool, [first.id, second.id])).keys()]).toEqual([second.id]);
    expect(await countRows()).toBe(2);
    await restoreWebhooks(db.pool, [{ id: webhookId, epoch: 3, isDeleted: true }]);
    expect(await countRows()).toBe(0);
  });

  it('change the version of the webhook, which workers compare', async () => {
    const before = await version();
    await setOfWebhook({ client: newClient(300) });
    expect(await version()).not.toBe(before);
  });
});

describe('certificates that were replaced after the read of the webhook', () => {
  it.each(['client', 'ca'] as const)(
    'are a conflict, and never those of the tenant or none: %s',
    async (kind) => {
      const certificates = { client: newClient(300), ca: newCa(300) };
      await setOfTenant({ [kind]: kind === 'ca' ? newCa(300) : newClient(300) });
      await setOfWebhook({ [kind]: certificates[kind] });
      const webhook = await findWebhook(db.prisma, { id: webhookId, tenantId: null });
      if (!webhook) throw new Error('not found');
      await setOfWebhook({ [kind]: null });
      // As if they had been replaced between the statements of the read.
      const read = { ...webhook, clientCertificate: null, caCertificates: null };
      await expect(findConnectionCertificates(db.prisma, read)).rejects.toMatchObject({
        code: 'conflict',
        reason: { code: 'webhook_changed' },
      });
    },
  );
});

describe('announceCertificates', () => {
  it('emits an event 30, 7 and 1 days ahead, once each', async () => {
    const client = newClient(29.5);
    await setOfWebhook({ client });
    for (const days of [29.5, 29.5, 6.5, 6.5, 0.5, 0.5]) {
      await db.pool.query('UPDATE tls_certificate SET expires_at = $1', [inDays(days)]);
      await announceCertificates(db.pool);
    }
    const events = await eventsOf();
    expect(events.map(({ type }) => type)).toEqual(Array(3).fill('posthorn.certificate.expiring'));
    expect(new Set(events.map(({ data }) => data['daysLeft']))).toEqual(new Set([30, 7, 1]));
    expect(events[0]?.data).toMatchObject({
      webhookId,
      kind: 'client',
      subject: 'CN=intermediate',
      fingerprint256: 'intermediate:AA',
      notAfter: client.details[1]?.notAfter,
    });
  });

  it('emits each event once when several processes run it', async () => {
    await setOfWebhook({ client: newClient(3), ca: newCa(3) });
    await setOfTenant({ ca: newCa(3) });
    await Promise.all(Array.from({ length: 5 }, () => announceCertificates(db.pool)));
    const events = await eventsOf();
    const announced = events.map(({ data }) =>
      [data['kind'], data['webhookId'] ?? '', data['daysLeft']].join(' '),
    );
    expect(announced.toSorted()).toEqual([`ca ${webhookId} 3`, 'ca  3', `client ${webhookId} 3`].toSorted());
  });

  it('leaves a certificate that is being replaced to the next run', async () => {
    await setOfWebhook({ client: newClient(3), ca: newCa(3) });
    const change = await db.pool.connect();
    try {
      await change.query('BEGIN');
      await change.query(`DELETE FROM tls_certificate WHERE kind = 'client'`);
      expect(await announceCertificates(db.pool)).toBe(1);
      await change.query('ROLLBACK');
    } finally {
      change.release();
    }
    expect(await announceCertificates(db.pool)).toBe(1);
  });

  it('says nothing about certificates that have expired, or expire later', async () => {
    await setOfWebhook({ client: newClient(31), ca: newCa(-1) });
    expect(await announceCertificates(db.pool)).toBe(0);
    expect(await eventsOf()).toEqual([]);
  });

  it('announces also the certificate that replaces another', async () => {
    await setOfWebhook({ client: newClient(20) });
    await announceCertificates(db.pool);
    await setOfWebhook({ client: newClient(20) });
    await announceCertificates(db.pool);
    expect(await eventsOf()).toHaveLength(2);
  });
});

it('certificates that have expired or expire soon need attention', async () => {
  await setOfWebhook({ client: newClient(31), ca: newCa(-1) });
  await setOfTenant({ client: newClient(10) });
  const scope = { tenantId, audience: 'operator' as const, now: new Date(), limit: 5 };
  const { expiring } = await readAttention(db.pool, scope);
  expect([expiring.total, expiring.certificates.map(({ webhookId: id, kind }) => [id, kind])]).toEqual([
    2,
    [
      [webhookId, 'ca'],
      [null, 'client'],
    ],
  ]);
});

const sealedKeys = async () => (await countSealed(db.pool)).filter(({ kind }) => kind === 'certificates');

describe('private keys', () => {
  it('are sealed again by a rotation of the encryption key', async () => {
    // Of other tests.
    await db.pool.query(`UPDATE webhook SET secrets = '[]'`);
    await db.pool.query('DELETE FROM encryption_key');
    const { before, during, after } = newKeys();
    await registerKey(db.pool, 'encryption', before);
    const client = newClient(300, before);
    await setOfWebhook({ client });
    expect(await sealedKeys()).toEqual([
      { purpose: 'encryption', keyId: before.keyId, kind: 'certificates', count: 1 },
    ]);
    await registerKey(db.pool, 'encryption', during);
    await endProcesses(db.pool);
    const steps = [];
    const rotation = rotateKeys({ pool: db.pool, purpose: 'encryption', sealer: during, pauseMs: 1 });
    for await (const step of rotation) steps.push(step);
    expect(steps.at(-1)).toEqual({ kind: 'retired', keyIds: [before.keyId] });
    expect(await sealedKeys()).toEqual([
      { purpose: 'encryption', keyId: after.keyId, kind: 'certificates', count: 1 },
    ]);
    const stored = (await findCertificates(db.pool, [client.id])).get(client.id);
    expect(after.open(stored?.keySealed ?? '', certificateSealingContext(client.id))).toBe('the key');
  });
});

it('doctor counts certificates, without signing requests', async () => {
  await setOfWebhook({ client: newClient(31), ca: newCa(-1) });
  await setOfTenant({ client: newClient(10) });
  await storeTenantRequest(db.prisma, tenantId, {
    request: { id: newId(), pem: 'the request', keySealed: 'sealed' },
    shown: {},
    actor: ACTOR,
  });
  expect(await readCertificateExpiry(db.pool)).toEqual({ certificates: 3, expired: 1, expiring: 1 });
});
