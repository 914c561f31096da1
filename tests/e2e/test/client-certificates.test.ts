// Deliveries to receivers that demand client certificates, by all roles, while certificates are replaced.
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Stack, startStack } from '@posthorn/local';
import {
  type ActiveWebhook,
  type ApiClient,
  apiClient,
  createActiveWebhook,
  createAuthority,
  eventually,
  type Identity,
  type Receiver,
  startReceiver,
} from '@posthorn/testkit';

const servers = createAuthority('Authority of receivers');
const clients = createAuthority('Authority of clients');

const written = ({ cert, key }: Identity) => ({ certificate: cert, privateKey: key });
const fingerprint = ({ cert }: Identity): string => new X509Certificate(cert).fingerprint256;

describe.each(['worker', 'all'] as const)('by the role %s', (role) => {
  let stack: Stack;
  let receiver: Receiver;
  let api: ApiClient;
  beforeAll(async () => {
    stack = await startStack({ ephemeral: true, ...(role === 'all' ? { role } : { workers: 1 }) });
    const tls = {
      ...servers.issue('127.0.0.1'),
      ca: clients.ca,
      requestCert: true,
      rejectUnauthorized: true,
    };
    receiver = await startReceiver({ tls });
    api = apiClient(stack.apiUrl, stack.adminKey);
  }, 120_000);
  afterAll(async () => {
    await receiver?.close();
    await stack?.stop();
  });

  const create = (own: Identity, type: string): Promise<ActiveWebhook> =>
    createActiveWebhook(api, receiver, {
      eventTypes: [type],
      clientCertificate: written(own),
      caCertificates: servers.ca,
    });

  async function publish(type: string): Promise<string> {
    const { status, body } = await api.post('/v1/events', { type, data: {} });
    expect(status).toBe(202);
    return body.id;
  }

  /** Publishes an event and returns the request that delivers it. */
  async function delivered(type: string) {
    const id = await publish(type);
    const isOfEvent = ({ headers }: { headers: Record<string, string> }) => headers['webhook-id'] === id;
    await receiver.waitFor((requests) => requests.some(isOfEvent));
    const request = receiver.requests.find(isOfEvent);
    if (!request) throw new Error('not delivered');
    return request;
  }

  it('webhooks with different certificates at the same host never share a connection', async () => {
    const [one, two] = [clients.issue('one'), clients.issue('two')];
    await create(one, 'shared.one');
    await create(two, 'shared.two');
    const ids: string[] = [];
    for (let count = 0; count < 20; count += 1)
      ids.push(await publish(count % 2 === 0 ? 'shared.one' : 'shared.two'));
    await receiver.waitFor((requests) => {
      const arrived = new Set(requests.map(({ headers }) => headers['webhook-id']));
      return ids.every((id) => arrived.has(id));
    });
    const certificates = new Map<number | undefined, Set<string | null>>();
    for (const { body, connection, clientCertificate } of receiver.requests.filter((request) =>
      request.body.includes('shared.'),
    )) {
      expect(clientCertificate).toBe(fingerprint(body.includes('shared.one') ? one : two));
      certificates.set(connection, (certificates.get(connection) ?? new Set()).add(clientCertificate));
    }
    expect(Array.from(certificates.values(), ({ size }) => size)).toEqual(Array.from(certificates, () => 1));
  });

  it('a replaced certificate is in use while events are delivered', async () => {
    const [first, second] = [clients.issue('first'), clients.issue('second')];
    const { id } = await create(first, 'rotated');
    expect((await delivered('rotated')).clientCertificate).toBe(fingerprint(first));
    const before: string[] = [];
    for (let count = 0; count < 30; count += 1) before.push(await publish('rotated'));
    const change = { clientCertificate: written(second) };
    expect((await api.patch(`/v1/webhooks/${id}`, change)).status).toBe(200);
    expect((await delivered('rotated')).clientCertificate).toBe(fingerprint(second));
    await receiver.waitFor((requests) => {
      const arrived = new Set(requests.map(({ headers }) => headers['webhook-id']));
      return before.every((event) => arrived.has(event));
    });
  });

  it('a receiver of another authority fails with a code of its own', async () => {
    const { id } = await create(clients.issue('own'), 'untrusted');
    const change = { caCertificates: clients.ca, retrySchedule: [] };
    expect((await api.patch(`/v1/webhooks/${id}`, change)).status).toBe(200);
    const event = await publish('untrusted');
    await eventually(async () => {
      const { body } = await api.get(`/v1/events/${event}/deliveries`);
      const attempts = await api.get(`/v1/deliveries/${body.data[0].id}/attempts`);
      expect(attempts.body.data[0].error.code).toBe('tls_untrusted');
    });
  });
});
