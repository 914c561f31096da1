// Certificates and egress of a configuration file: what the API does not return, and what the key may not read.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Posthorn } from '@posthorn/sdk';
import { createAuthority } from '@posthorn/testkit';
import type { ConfiguredEgress } from '../src/configuration/egress.js';
import { planChanges } from '../src/configuration/plan.js';
import type { Current } from '../src/configuration/read-current.js';
import type { ConfiguredWebhook } from '../src/configuration/schema.js';
import { unchecked } from '../src/command/options.js';
import { runHere } from './fixtures/command-line.js';

const WEBHOOK = { externalId: 'one', url: 'https://a.example/', eventTypes: ['a.b'] };

const authority = createAuthority();
const [presented, other] = [authority.issue('a.example'), authority.issue('b.example')];
const FINGERPRINT = 'AA:BB';

interface Present {
  configured?: Partial<ConfiguredWebhook>;
  shown?: object;
  hasEgress?: boolean;
}

const current = ({ configured = {}, shown = {}, hasEgress = true }: Present): Current => ({
  configuration: {
    version: 1,
    eventTypes: [],
    tenants: [{ name: 'A', webhooks: [{ ...WEBHOOK, ...configured }] }],
  },
  hasEgress,
  tenants: [unchecked({ id: 'ten_1' })],
  webhooks: [[unchecked({ id: 'wh_1', ...shown })]],
});

const plan = (wanted: Partial<ConfiguredWebhook>, present: Present, env: NodeJS.ProcessEnv = {}) =>
  planChanges(
    { version: 1, tenants: [{ name: 'A', webhooks: [{ ...WEBHOOK, ...wanted }] }] },
    current(present),
    { prune: false, env },
  );

/** Applies the changes, and returns the bodies of the requests. */
async function bodiesOf(changes: ReturnType<typeof plan>): Promise<object[]> {
  const bodies: object[] = [];
  const record = async (_id: string, body: object) => void bodies.push(body);
  const api = unchecked<Posthorn>({ webhooks: { update: record, putEgress: record } });
  for (const change of changes) await change.apply(api);
  return bodies;
}

describe('a client certificate', () => {
  const certificate = { certificate: { env: 'CERT' }, privateKey: { env: 'KEY' } };
  const present = {
    configured: { clientCertificate: certificate },
    shown: { clientCertificate: { fingerprint256: FINGERPRINT } },
  };

  it('is compared only by its presence if its variable is not set', () => {
    expect(plan({ clientCertificate: certificate }, present)).toEqual([]);
    expect(plan({ clientCertificate: certificate }, present, { KEY: 'another key' })).toEqual([]);
    expect(plan({}, present)[0]?.fields).toEqual([
      { name: 'clientCertificate', before: FINGERPRINT, after: null },
    ]);
    expect(() => plan({ clientCertificate: certificate }, {})).toThrow('CERT is not set');
  });

  it('is set with its key if it has another fingerprint', async () => {
    const env = { CERT: `${other.cert}${authority.ca}`, KEY: other.key };
    const changes = plan({ clientCertificate: certificate, timeoutMs: 2000 }, present, env);
    expect(JSON.stringify(changes)).not.toContain('PRIVATE KEY');
    expect(await bodiesOf(changes)).toMatchObject([
      { clientCertificate: { certificate: env.CERT, privateKey: env.KEY }, timeoutMs: 2000 },
    ]);
    expect(() => plan({ clientCertificate: certificate }, present, { CERT: env.CERT })).toThrow(
      'KEY is not set',
    );
  });

  it('is not set again with another setting', async () => {
    const [body] = await bodiesOf(plan({ clientCertificate: certificate, timeoutMs: 2000 }, present));
    expect(Object.keys(body ?? {})).not.toContain('clientCertificate');
  });
});

describe('the authorities', () => {
  const bundle = `${authority.ca}${presented.cert}`;
  const present = { configured: { caCertificates: bundle } };

  it('are compared by what they are, not by how they are written', () => {
    const written = `Comment\r\n${presented.cert.replaceAll('\n', '\r\n')}\n\n${authority.ca.trimEnd()}`;
    expect(plan({ caCertificates: written }, present)).toEqual([]);
  });

  it('are set as they are, also if they cannot be read: the API says why', async () => {
    for (const caCertificates of [authority.ca, 'no PEM'])
      expect(await bodiesOf(plan({ caCertificates }, present))).toMatchObject([{ caCertificates }]);
  });
});

const egressOf = (egress: ConfiguredEgress | undefined) => ({ configured: egress ? { egress } : {} });

describe('the egress', () => {
  const proxy = { url: 'http://proxy.internal:3128', username: 'me', password: { env: 'PASSWORD' } };

  it.each<[ConfiguredEgress | undefined, ConfiguredEgress | undefined]>([
    [undefined, {}],
    [{ proxy: { ...proxy, password: 'another' } }, { proxy }],
    [{ proxy: { ...proxy, url: 'http://PROXY.internal' } }, { proxy }],
    [{ proxy: { ...proxy, guards: false } }, { proxy }],
  ])('%j does not differ from %j', (wanted, before) => {
    expect(plan(wanted ? { egress: wanted } : {}, egressOf(before))).toEqual([]);
  });

  it.each<[ConfiguredEgress | undefined, ConfiguredEgress | undefined, object]>([
    [{ proxy: 'direct' }, undefined, { proxy: 'direct' }],
    [undefined, { proxy }, { proxy: null }],
    [{ proxy }, { proxy: 'direct' }, { proxy: { ...proxy, guards: false, password: 'secret' } }],
    [
      { proxy: { url: proxy.url, guards: true } },
      { proxy },
      { proxy: { url: proxy.url, username: null, guards: true, password: null } },
    ],
  ])('%j replaces %j', async (wanted, before, body) => {
    const changes = plan(wanted ? { egress: wanted } : {}, egressOf(before), { PASSWORD: 'secret' });
    expect(changes).toMatchObject([{ kind: 'egress of webhook', name: 'one', tenant: 'A' }]);
    expect(JSON.stringify(changes)).not.toContain('secret');
    expect(await bodiesOf(changes)).toEqual([body]);
  });

  it('of a tenant keeps the password if only its networks differ', async () => {
    const tenant = { name: 'A', egress: { proxy } };
    const { configuration, ...others } = current({});
    const before = { ...tenant, egress: { proxy, privateNetworks: ['10.0.0.0/8'] }, webhooks: [] };
    const [change] = planChanges(
      { version: 1, tenants: [tenant] },
      { configuration: { ...configuration, tenants: [before] }, ...others },
      { prune: false, env: {} },
    );
    const bodies: unknown[] = [];
    const putEgress = async (...call: unknown[]) => void bodies.push(call);
    await change?.apply(unchecked<Posthorn>({ tenants: { putEgress } }));
    const { password: _password, ...kept } = proxy;
    expect(bodies).toEqual([['ten_1', { proxy: { ...kept, guards: false }, privateNetworks: [] }]]);
  });

  it('that the key may not read is neither reset nor set', () => {
    expect(plan({}, { hasEgress: false })).toEqual([]);
    expect(() => plan({ egress: { proxy: 'direct' } }, { hasEgress: false })).toThrow(
      'The webhook one has egress in the file, which the API key may not read',
    );
  });

  it('that the key may not read is missing in an export, which says so', async () => {
    const tenant = { id: 'ten_1', name: 'A', externalId: null, quotas: {}, retention: {} };
    const server = createServer(({ url }, response) => {
      response.statusCode = url?.endsWith('/egress') ? 403 : 200;
      response.setHeader('content-type', 'application/json');
      const problem = { type: 'about:blank', title: 'Forbidden', status: 403, code: 'forbidden' };
      const page = { data: url?.startsWith('/v1/tenants') ? [tenant] : [], nextCursor: null };
      response.end(JSON.stringify(response.statusCode === 403 ? problem : page));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const exported = await runHere(['export', '--json', '--url', url, '--api-key', 'phk_1']);
    server.close();
    expect(exported).toMatchObject({ code: 0, stderr: expect.stringContaining('may not read proxies') });
    expect(exported.json().tenants).toEqual([{ name: 'A', webhooks: [] }]);
  });
});
