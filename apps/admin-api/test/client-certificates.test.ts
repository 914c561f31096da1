// Client certificates and custom authorities: what is accepted, what receivers get, and what is returned.
import { execFile } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type ApiClient,
  createActiveWebhook,
  createAuthority,
  type Identity,
  type Receiver,
  selfSigned,
  startReceiver,
} from '@posthorn/testkit';
import { createSender } from '@posthorn/outbound';
import { HOSTILE_CERTIFICATES } from '@posthorn/testkit/hostile-certificates';
import { createWebhook, latestCode } from './create-webhook.js';
import { useApi } from './use-api.js';

const run = promisify(execFile);

/** The read of the webhook is too old for the first request. */
let sends = 0;
const sender = createSender({ allow: ['127.0.0.0/8'], http: true, ports: '*' });
afterAll(() => sender.stop());
const stale = useApi({
  sender: {
    ...sender,
    send: async (request) => ((sends += 1) === 1 ? { kind: 'not_started' } : sender.send(request)),
  },
});

const api = useApi();
const servers = createAuthority('Authority of receivers');
const clients = createAuthority('Authority of clients');

let tenant: { id: string; client: ApiClient };
beforeAll(async () => {
  const { id, key } = (await api.admin.post('/v1/tenants', { name: 'bank' })).body;
  tenant = { id, client: api.client(key) };
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'posthorn-certificates-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs OpenSSL in a temporary folder. */
const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
const file = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');

/** Demands a client certificate of `clients`. */
let receiver: Receiver;
beforeEach(async () => {
  const tls = { ...servers.issue('127.0.0.1'), ca: clients.ca, requestCert: true, rejectUnauthorized: true };
  receiver = await startReceiver({ tls });
});
afterEach(() => receiver.close());

const written = ({ cert, key }: Identity) => ({ certificate: cert, privateKey: key });
const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256;
const pemOf = ({ privateKey }: { privateKey: KeyObject }): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Returns a certificate that is valid from 2024-01-01 with another month. */
function withInvalidTime(pem: string): string {
  const raw = Buffer.from(new X509Certificate(pem).raw);
  raw.write('249901000000Z', raw.indexOf('240101000000Z'));
  return new X509Certificate(raw).toString();
}

describe('a receiver that demands a client certificate of a private authority', () => {
  it('gets the certificate of the webhook in tests and validations', async () => {
    const own = clients.issue('posthorn.example');
    const { id } = await createActiveWebhook(api.admin, receiver, {
      clientCertificate: written(own),
      caCertificates: servers.ca,
    });
    const { body } = await api.admin.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' });
    expect(body).toMatchObject({ succeeded: true });
    expect(receiver.requests.at(-1)?.clientCertificate).toBe(fingerprint(own.cert));
  });

  it('gets the certificate of the tenant from webhooks without one', async () => {
    const [ofTenant, own] = [clients.issue('tenant'), clients.issue('webhook')];
    const settings = { clientCertificate: written(ofTenant), caCertificates: servers.ca };
    expect((await api.admin.patch(`/v1/tenants/${tenant.id}`, settings)).status).toBe(200);
    const { id } = await createWebhook(tenant.client, receiver);
    await api.admin.patch(`/v1/webhooks/${id}`, { headersApproved: true });
    expect((await tenant.client.post(`/v1/webhooks/${id}/validation`)).status).toBe(200);
    expect(receiver.requests.at(-1)?.clientCertificate).toBe(fingerprint(ofTenant.cert));
    await tenant.client.post(`/v1/webhooks/${id}/validation/confirm`, { code: latestCode(receiver, id) });

    await tenant.client.patch(`/v1/webhooks/${id}`, { clientCertificate: written(own) });
    await tenant.client.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' });
    expect(receiver.requests.at(-1)?.clientCertificate).toBe(fingerprint(own.cert));

    await tenant.client.patch(`/v1/webhooks/${id}`, { clientCertificate: null });
    await tenant.client.post(`/v1/webhooks/${id}/test`, { eventType: 'a.b' });
    expect(receiver.requests.at(-1)?.clientCertificate).toBe(fingerprint(ofTenant.cert));
    await api.admin.patch(`/v1/tenants/${tenant.id}`, { clientCertificate: null, caCertificates: null });
  });

  it('fails with its own code, also in the validation', async () => {
    const { id } = await createWebhook(api.admin, receiver, { caCertificates: servers.ca });
    const { status, body } = await api.admin.post(`/v1/webhooks/${id}/validation`);
    expect([status, body.code, body.error.code]).toEqual([
      422,
      'validation_delivery_failed',
      'tls_client_certificate',
    ]);
    expect(receiver.requests).toEqual([]);
  });

  it('is not trusted with the public authorities, nor with others', async () => {
    for (const caCertificates of [null, clients.ca]) {
      const { id } = await createWebhook(api.admin, receiver, { caCertificates });
      const { body } = await api.admin.post(`/v1/webhooks/${id}/validation`);
      expect(body.error.code).toBe('tls_untrusted');
    }
  });
});

describe('before the URL is validated', () => {
  it('a client certificate is presented only with the approval of an admin key', async () => {
    const own = clients.issue('posthorn.example');
    const settings = { clientCertificate: written(own), caCertificates: servers.ca };
    const { id } = await createWebhook(tenant.client, receiver, settings);
    const { status, body } = await tenant.client.post(`/v1/webhooks/${id}/validation`);
    expect([status, body.reason?.code]).toEqual([422, 'client_certificate_withheld']);
    expect((await tenant.client.get(`/v1/webhooks/${id}`)).body.headersApproved).toBe(false);

    const approved = await api.admin.patch(`/v1/webhooks/${id}`, { headersApproved: true });
    expect(approved.body.headersApproved).toBe(true);
    expect((await tenant.client.post(`/v1/webhooks/${id}/validation`)).status).toBe(200);
    expect(receiver.requests.at(-1)?.clientCertificate).toBe(fingerprint(own.cert));
  });

  it('the failure says so, also of the certificate of the tenant', async () => {
    const settings = { clientCertificate: written(clients.issue('tenant')), caCertificates: servers.ca };
    await api.admin.patch(`/v1/tenants/${tenant.id}`, settings);
    const { id } = await createWebhook(tenant.client, receiver);
    const { status, body } = await tenant.client.post(`/v1/webhooks/${id}/validation`);
    expect([status, body.reason?.code]).toEqual([422, 'client_certificate_withheld']);
    await api.admin.patch(`/v1/tenants/${tenant.id}`, { clientCertificate: null, caCertificates: null });
  });

  it('another certificate, set by a key of the tenant, loses the approval', async () => {
    const settings = { clientCertificate: written(clients.issue('one')), caCertificates: servers.ca };
    const { id } = await createWebhook(api.admin, receiver, { ...settings, tenantId: tenant.id });
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.headersApproved).toBe(true);
    await tenant.client.patch(`/v1/webhooks/${id}`, { clientCertificate: written(clients.issue('two')) });
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.headersApproved).toBe(false);
  });
});

describe('before the URL is validated, if a read was too old for the request', () => {
  it('the request is repeated without the certificate that is not approved', async () => {
    const lenient = await startReceiver({
      tls: { ...servers.issue('127.0.0.1'), ca: clients.ca, requestCert: true, rejectUnauthorized: false },
    });
    try {
      const { key } = (await stale.admin.post('/v1/tenants', { name: 'bank' })).body;
      const { id } = await createWebhook(stale.client(key), lenient, {
        clientCertificate: written(clients.issue('posthorn.example')),
        caCertificates: servers.ca,
      });
      expect((await stale.admin.post(`/v1/webhooks/${id}/validation`)).status).toBe(200);
      expect(lenient.requests.map(({ clientCertificate }) => clientCertificate)).toEqual([null]);
      expect(sends).toBe(2);
    } finally {
      await lenient.close();
    }
  });
});

/** Signs `client.csr`, as docs/certificates.md does. */
const SIGN = 'x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -sha256'.split(' ');

describe('a certificate signing request', () => {
  it.each(['webhooks', 'tenants'] as const)(
    'of %s ends in a certificate whose key never left Posthorn',
    async (of) => {
      const id = of === 'tenants' ? tenant.id : (await createWebhook(api.admin, receiver)).id;
      const at = `/v1/${of}/${id}/client-certificate`;
      const names = { commonName: '#posthorn, Ä', organization: 'Example GmbH' };
      const { status, body } = await api.admin.post(`${at}/csr`, names);
      expect([status, Object.keys(body)]).toEqual([200, ['certificateRequest']]);

      await writeFile(path.join(folder, 'client.csr'), body.certificateRequest);
      await writeFile(path.join(folder, 'ca.pem'), clients.ca);
      await writeFile(path.join(folder, 'ca.key'), clients.key);
      const { stdout } = await openssl(
        'req',
        '-in',
        'client.csr',
        '-noout',
        '-verify',
        '-text',
        '-nameopt',
        'oneline',
      );
      expect(stdout).toContain(String.raw`CN = "#posthorn, \C3\84", O = Example GmbH`);
      expect(stdout).toContain('prime256v1');
      await openssl(...SIGN, '-days', '365', '-out', 'client.pem');
      const certificate = await file('client.pem');
      const put = await api.admin.put(at, { certificate });
      expect(put.status).toBe(200);
      expect(put.body.clientCertificate).toEqual({
        subject: String.raw`CN=\#posthorn\, Ä, O=Example GmbH`,
        issuer: 'CN=Authority of clients',
        serialNumber: expect.stringMatching(/^[0-9A-F]+$/),
        fingerprint256: fingerprint(certificate),
        notBefore: expect.any(String),
        notAfter: expect.any(String),
      });
      // A renewal for the same key needs no other request.
      await openssl(...SIGN, '-days', '730', '-out', 'renewed.pem');
      expect((await api.admin.put(at, { certificate: await file('renewed.pem') })).status).toBe(200);
      await api.admin.patch(`/v1/${of}/${id}`, { clientCertificate: null });
    },
  );

  it('does not change the present certificate, and is replaced by the next one', async () => {
    const { id } = await createWebhook(api.admin, receiver, {
      clientCertificate: written(clients.issue('one')),
    });
    const at = `/v1/webhooks/${id}/client-certificate`;
    const { certificateRequest } = (await api.admin.post(`${at}/csr`)).body;
    await api.admin.post(`${at}/csr`);
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.clientCertificate.subject).toBe('CN=one');
    await writeFile(path.join(folder, 'old.csr'), certificateRequest);
    await writeFile(path.join(folder, 'ca.pem'), clients.ca);
    await writeFile(path.join(folder, 'ca.key'), clients.key);
    await openssl(
      'x509',
      '-req',
      '-in',
      'old.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      'old.pem',
    );
    const { status, body } = await api.admin.put(at, { certificate: await file('old.pem') });
    expect([status, body.errors]).toEqual([
      422,
      [expect.objectContaining({ path: 'certificate', code: 'key_mismatch' })],
    ]);
  });

  it('is required for a certificate without a key', async () => {
    const { id } = await createWebhook(api.admin, receiver);
    const { cert: certificate } = clients.issue('one');
    const { body } = await api.admin.put(`/v1/webhooks/${id}/client-certificate`, { certificate });
    expect(body.errors).toEqual([expect.objectContaining({ path: 'privateKey', code: 'required' })]);
  });

  it.each(['webhook', 'tenant'])('is not found for an unknown %s', async (kind) => {
    const id = kind === 'webhook' ? `wh_${'0'.repeat(26)}` : `ten_${'0'.repeat(26)}`;
    expect((await api.admin.post(`/v1/${kind}s/${id}/client-certificate/csr`)).status).toBe(404);
  });
});

describe('what is wrong with certificates', () => {
  const intermediate = clients.intermediate('Intermediate');
  const leaf = intermediate.issue('leaf');
  const past = { notBefore: new Date('2024-01-01'), notAfter: new Date('2025-01-01') };
  const rsa = generateKeyPairSync('rsa', { modulusLength: 4096 });
  const encrypted = rsa.privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const own = clients.issue('own');
  const expired = clients.issue('expired', past);
  const invalid = withInvalidTime(
    clients.issue('invalid', { ...past, notAfter: new Date('2040-01-01') }).cert,
  );

  it.each<[name: string, input: { certificate: string; privateKey: string }, field: string, code: string]>([
    ['no PEM', { ...written(own), certificate: 'MIIB' }, 'certificate', 'not_certificates'],
    [
      'a damaged certificate',
      { ...written(own), certificate: own.cert.replace(/[A-Za-z0-9]{20}/, 'AAAA') },
      'certificate',
      'not_certificates',
    ],
    [
      'a key beside it',
      { ...written(own), certificate: own.cert + own.key },
      'certificate',
      'not_certificates',
    ],
    ['no private key', { ...written(own), privateKey: own.cert }, 'privateKey', 'not_private_key'],
    ['an encrypted key', { ...written(own), privateKey: encrypted }, 'privateKey', 'key_encrypted'],
    ['a key of another', { ...written(own), privateKey: leaf.key }, 'certificate', 'key_mismatch'],
    ['an RSA key of another', { ...written(own), privateKey: pemOf(rsa) }, 'certificate', 'key_mismatch'],
    [
      'a longer RSA key, which would block workers',
      { ...written(own), privateKey: pemOf(generateKeyPairSync('rsa', { modulusLength: 4104 })) },
      'privateKey',
      'unsupported_key',
    ],
    [
      'another curve',
      { ...written(own), privateKey: pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })) },
      'privateKey',
      'unsupported_key',
    ],
    [
      'another kind of key',
      { ...written(own), privateKey: pemOf(generateKeyPairSync('ed448')) },
      'privateKey',
      'unsupported_key',
    ],
    ['an invalid time', { ...written(own), certificate: invalid }, 'certificate', 'unusable_certificate'],
    ['an expired certificate', written(expired), 'certificate', 'certificate_expired'],
    [
      'a chain that begins with the authority',
      { certificate: intermediate.ca + leaf.cert, privateKey: leaf.key },
      'certificate',
      'certificate_order',
    ],
    [
      'a chain without its link',
      { certificate: leaf.cert + selfSigned('other').cert, privateKey: leaf.key },
      'certificate',
      'certificate_order',
    ],
  ])('is told for each field: %s', async (_name, clientCertificate, field, code) => {
    const body = { url: receiver.url, eventTypes: ['*'], clientCertificate };
    const created = await api.admin.post('/v1/webhooks', body);
    const at = `clientCertificate.${field}`;
    expect([created.status, created.body.errors]).toEqual([
      422,
      [expect.objectContaining({ path: at, code })],
    ]);
    const put = await api.admin.put(`/v1/tenants/${tenant.id}/client-certificate`, clientCertificate);
    expect(put.body.errors).toEqual([expect.objectContaining({ path: field, code })]);
    expect(JSON.stringify([created.body, put.body])).not.toContain('PRIVATE KEY');
  });

  it('accepts a chain in order', async () => {
    const clientCertificate = { certificate: leaf.cert + intermediate.ca, privateKey: leaf.key };
    const { id } = await createWebhook(api.admin, receiver, { clientCertificate });
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.clientCertificate.subject).toBe('CN=leaf');
  });

  it.each([
    ['no PEM', 'x', 'not_certificates'],
    ['an expired one', createAuthority('Old', past).ca, 'certificate_expired'],
    ['one with an invalid time', invalid, 'unusable_certificate'],
    ['one that takes long to verify', HOSTILE_CERTIFICATES['51 name constraints'], 'certificate_constraints'],
    ['too many', servers.ca.repeat(21), 'too_many_items'],
    ['too long', servers.ca + ' '.repeat(65_536), 'too_long'],
  ])('rejects authorities: %s', async (_name, caCertificates, code) => {
    const { status, body } = await api.admin.patch(`/v1/tenants/${tenant.id}`, { caCertificates });
    expect(status).toBe(422);
    expect(body.errors).toContainEqual(expect.objectContaining({ path: 'caCertificates', code }));
  });

  it('names the certificate and its bound', async () => {
    const caCertificates = `${servers.ca}${HOSTILE_CERTIFICATES['51 name constraints']}`;
    const { body } = await api.admin.patch(`/v1/tenants/${tenant.id}`, { caCertificates });
    expect(body.errors).toEqual([
      expect.objectContaining({
        path: 'caCertificates',
        message: 'must have at most 50 name constraints in each certificate, unlike certificate 2',
      }),
    ]);
  });

  it('reports them with all other errors', async () => {
    const { body } = await api.admin.post('/v1/webhooks', { eventTypes: [], caCertificates: 'x' });
    expect(body.errors.map(({ path: at }: { path: string }) => at).toSorted()).toEqual([
      'caCertificates',
      'eventTypes',
      'url',
    ]);
  });

  it('rejects them for a webhook that is read with its feed', async () => {
    const pull = { delivery: 'pull', eventTypes: ['*'], caCertificates: servers.ca };
    const { body } = await api.admin.post('/v1/webhooks', pull);
    expect(body.errors).toEqual([
      expect.objectContaining({ path: 'caCertificates', code: 'request_setting' }),
    ]);
  });
});

describe('certificates', () => {
  it('are returned without the private key, which is sealed', async () => {
    const own = clients.issue('own');
    const settings = { clientCertificate: written(own), caCertificates: `Comment\n${servers.ca}` };
    const { id } = await createWebhook(api.admin, receiver, settings);
    const { body } = await api.admin.get(`/v1/webhooks/${id}`);
    expect(body.caCertificates).toEqual({
      pem: servers.ca,
      certificates: [expect.objectContaining({ subject: 'CN=Authority of receivers' })],
    });
    const { rows } = await api.deps.pool.query('SELECT tls_certificate::text AS row FROM tls_certificate');
    const keyText = own.key.split('\n')[1] ?? '';
    const audit = await api.admin.get(`/v1/audit-entries?target=${id}`);
    expect(JSON.stringify([body, rows, audit.body, api.logs])).not.toContain(keyText);
    expect(JSON.stringify(audit.body)).toContain(fingerprint(own.cert));
  });

  it('stay when the webhook is replaced with PUT, and change its entity tag', async () => {
    const at = '/v1/webhooks/ext:certified';
    const settings = { url: receiver.url, eventTypes: ['*'] };
    const { id } = (await api.admin.put(at, settings)).body;
    const { headers } = await api.admin.get(`/v1/webhooks/${id}`);
    await api.admin.patch(`/v1/webhooks/${id}`, { caCertificates: servers.ca });
    const changed = await api.admin.get(`/v1/webhooks/${id}`);
    expect(changed.headers.get('etag')).not.toBe(headers.get('etag'));
    expect((await api.admin.put(at, settings)).body.caCertificates.pem).toBe(servers.ca);
  });

  it('leave with the requests when a webhook becomes a pull webhook', async () => {
    const { id } = await createWebhook(api.admin, receiver, { caCertificates: servers.ca });
    await api.admin.patch(`/v1/webhooks/${id}`, { delivery: 'pull' });
    expect((await api.admin.get(`/v1/webhooks/${id}`)).body.caCertificates).toBeNull();
  });

  it('that expire soon need attention', async () => {
    const soon = { notBefore: new Date(), notAfter: new Date(Date.now() + 10 * 86_400_000) };
    const { id } = await createWebhook(tenant.client, receiver, {
      clientCertificate: written(clients.issue('soon', soon)),
    });
    const { body } = await tenant.client.get('/v1/overview/attention');
    expect(body.expiring.certificates).toContainEqual(
      expect.objectContaining({ webhookId: id, kind: 'client', url: receiver.url }),
    );
  });
});
