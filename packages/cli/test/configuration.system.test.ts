// A file with every setting makes an empty installation like the one that it is of.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { WEBHOOK_SETTINGS } from '@posthorn/contract';
import { createAuthority } from '@posthorn/testkit';
import { OF_WEBHOOK } from '@posthorn/testkit/setting-values';
import { useStack } from './fixtures/use-stack.js';

const env = { POSTHORN_OUTBOUND_PRIVATE_NETWORKS: '10.0.0.0/8' };
const source = useStack({ env });
const empty = useStack({ env });

const other = createAuthority('Another CA');
const renewed = other.issue('posthorn.example');

/** None is a default. */
const SETTINGS = {
  ...OF_WEBHOOK,
  externalId: 'all',
  headers: { 'x-key': 'header-secret' },
  auth: { type: 'basic', username: 'me', password: 'auth-secret' },
};
const { certificate, privateKey } = OF_WEBHOOK.clientCertificate;

const PROXY = {
  url: 'http://proxy.internal:3128',
  username: 'me',
  password: 'proxy-secret',
  guards: true,
};

/** The variables of an export of `ext:acme` with the webhook `ext:all`. */
const SECRETS = {
  ACME_CLIENT_CERTIFICATE: certificate,
  ACME_CLIENT_PRIVATE_KEY: privateKey,
  ACME_PROXY_PASSWORD: 'proxy-secret',
  ACME_ALL_X_KEY: 'header-secret',
  ACME_ALL_PASSWORD: 'auth-secret',
  ACME_ALL_CLIENT_CERTIFICATE: certificate,
  ACME_ALL_CLIENT_PRIVATE_KEY: privateKey,
  ACME_ALL_PROXY_PASSWORD: 'proxy-secret',
  ACME_ALL_SECRET: 'a secret of sixteen',
};

const expectNoSecret = (text: string) => {
  for (const secret of ['header-secret', 'auth-secret', 'proxy-secret', 'PRIVATE KEY'])
    expect(text).not.toContain(secret);
};

const certificates = {
  clientCertificate: SETTINGS.clientCertificate,
  caCertificates: SETTINGS.caCertificates,
};

async function createAll(): Promise<void> {
  const { api } = source;
  const { body: tenant } = await api.put('/v1/tenants/ext:acme', { name: 'Acme' });
  await api.patch(`/v1/tenants/${tenant.id}`, certificates);
  const privateNetworks = ['10.20.0.0/16'];
  expect((await api.put(`/v1/tenants/${tenant.id}/egress`, { proxy: PROXY, privateNetworks })).status).toBe(
    200,
  );
  const destination = { url: 'https://receiver.example/', eventTypes: ['a.b'] };
  const created = await api.post('/v1/webhooks', {
    ...destination,
    ...SETTINGS,
    secret: SECRETS.ACME_ALL_SECRET,
    tenantId: tenant.id,
  });
  expect(created.status).toBe(201);
  expect((await api.put(`/v1/webhooks/${created.body.id}/egress`, { proxy: PROXY })).status).toBe(200);
}

interface Exported {
  tenants: { externalId?: string; webhooks: Record<string, unknown>[] }[];
}

const acmeOf = (exported: Exported) => {
  const acme = exported.tenants.find(({ externalId }) => externalId === 'acme');
  if (!acme) throw new Error('no tenant');
  return acme;
};

const webhookOf = async ({ api }: typeof source) =>
  (await api.get('/v1/webhooks/ext:all?tenantId=ext:acme')).body;
const egressOf = async ({ api }: typeof source) => [
  (await api.get('/v1/tenants/ext:acme/egress')).body,
  (await api.get('/v1/webhooks/ext:all/egress?tenantId=ext:acme')).body,
];

const without = (settings: object) =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => !/certificate|egress/i.test(name)));

/** Writes a file with the tenant. */
function write(tenant: object): string {
  const file = path.join(empty.folder, 'posthorn.yaml');
  writeFileSync(file, JSON.stringify({ version: 1, tenants: [tenant] }));
  return file;
}

describe('a file with every setting', () => {
  it('makes an empty installation like the one that it is of', async () => {
    await createAll();
    const exported = await source.run(['export', '--json']);
    expect(exported).toMatchObject({ code: 0, stderr: '' });
    expectNoSecret(exported.stdout);
    const acme = acmeOf(exported.json());
    expect(Object.keys(acme.webhooks[0] ?? {})).toEqual(
      expect.arrayContaining([...WEBHOOK_SETTINGS.names, 'egress', 'secret']),
    );

    const file = path.join(empty.folder, 'posthorn.yaml');
    writeFileSync(file, exported.stdout);
    const applied = await empty.run(['apply', file, '--yes'], { env: SECRETS });
    expect(applied).toMatchObject({ code: 0 });
    expectNoSecret(applied.stdout + applied.stderr);
    expect((await empty.run(['export', '--json'])).json()).toEqual(exported.json());
    expect(await egressOf(empty)).toEqual(await egressOf(source));
    expect(await webhookOf(empty)).toMatchObject({
      clientCertificate: { subject: 'CN=posthorn.example' },
      caCertificates: { certificates: [{ subject: 'CN=Authority' }] },
    });
    for (const variables of [{}, SECRETS])
      expect((await empty.run(['apply', file], { env: variables })).stdout).toBe('No differences\n');
  });

  it('sets other certificates and egress, and shows the plan without secrets', async () => {
    const acme = acmeOf((await empty.run(['export', '--json'])).json());
    const egress = {
      proxy: { url: 'socks5://other.internal', username: 'you', password: { env: 'PASSWORD' } },
    };
    const certified = {
      clientCertificate: { certificate: renewed.cert, privateKey: { env: 'KEY' } },
      // As an editor may write it.
      caCertificates: `# Ours\n${other.ca.replaceAll('\n', '\r\n')}\n\n`,
      egress,
    };
    const file = write({ ...acme, ...certified, webhooks: [{ ...acme.webhooks[0], ...certified }] });
    expect(await empty.run(['apply', file, '--yes'])).toMatchObject({ code: 2 });
    const variables = { KEY: renewed.key, PASSWORD: 'proxy-secret' };
    const planned = await empty.run(['apply', file, '--dry-run'], { env: variables });
    expectNoSecret(planned.stdout);
    expect(planned.stdout.split('\n').filter((line) => !line.startsWith(' '))).toEqual([
      '~ tenant Acme',
      '~ egress of tenant Acme',
      '~ webhook all of Acme',
      '~ egress of webhook all of Acme',
      '',
    ]);
    expect(planned.stdout).toContain('privateNetworks: ["10.20.0.0/16"] → null');
    expect(planned.stdout).toMatch(/clientCertificate: "(\w\w:){31}\w\w" → "(\w\w:){31}\w\w"/);
    const applied = await empty.run(['apply', file, '--yes'], { env: variables });
    expect(applied).toMatchObject({ code: 0, stdout: 'Applied 4 changes\n' });
    const proxy = { url: 'socks5://other.internal:1080', username: 'you', hasPassword: true, guards: false };
    expect(await egressOf(empty)).toEqual([{ proxy, privateNetworks: [] }, { proxy }]);
    expect(await webhookOf(empty)).toMatchObject({
      caCertificates: { certificates: [{ subject: 'CN=Another CA' }] },
    });
    expect((await empty.run(['apply', file])).stdout).toBe('No differences\n');
  });

  it('without certificates and egress resets them, and the plan shows it', async () => {
    const acme = acmeOf((await empty.run(['export', '--json'])).json());
    const file = write({ ...without(acme), webhooks: acme.webhooks.map(without) });
    const planned = await empty.run(['apply', file, '--dry-run']);
    for (const field of ['clientCertificate', 'caCertificates', 'proxy'])
      expect(planned.stdout.match(new RegExp(` ${field}: [^→]+ → null`, 'g'))).toHaveLength(2);
    expect((await empty.run(['apply', file, '--yes'])).code).toBe(0);
    expect(await egressOf(empty)).toEqual([{ proxy: null, privateNetworks: [] }, { proxy: null }]);
    const { clientCertificate, caCertificates } = await webhookOf(empty);
    expect([clientCertificate, caCertificates]).toEqual([null, null]);
  });
});

it('a webhook that gets no requests any more loses its egress', async () => {
  const webhook = { externalId: 'pulled', url: 'https://receiver.example/', eventTypes: ['a.b'] };
  const fileOf = (fields: object) => {
    const { url: _url, ...pulled } = webhook;
    const common = { secret: { generate: true }, ...fields };
    return write({
      name: 'Pulling',
      webhooks: [{ ...('egress' in fields ? webhook : pulled), ...common }],
    });
  };
  const created = await empty.run(['apply', fileOf({ egress: { proxy: 'direct' } }), '--yes']);
  expect(created).toMatchObject({ code: 0, stderr: expect.stringContaining('proxy: null → "direct"') });
  const pulled = await empty.run(['apply', fileOf({ delivery: 'pull' }), '--yes']);
  expect(pulled).toMatchObject({ code: 0, stderr: expect.stringContaining('proxy: "direct" → null') });
  expect((await empty.run(['apply', fileOf({ delivery: 'pull' })])).stdout).toBe('No differences\n');
  const refused = await empty.run([
    'apply',
    write({
      name: 'Pulling',
      webhooks: [{ externalId: 'p', delivery: 'pull', eventTypes: ['a.b'], egress: {} }],
    }),
  ]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('has no egress') });
});
