// Known SSRF techniques against listeners (canaries) that must never be reached.
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import {
  type Canary,
  HOSTILE_NAMES,
  hostileUrls,
  type DnsResponse,
  startCanary,
  startNameServer,
} from '@posthorn/testkit';
import { createSender, isAllowedAddress, parseOutboundRules, type Sender } from '../src/index.js';
import { createNameResolver } from '../src/name-resolver.js';
import { gist, post } from './support/senders.js';
import { rawResponse, startRawServer } from './support/raw-server.js';

/** Only the guard protects the canaries from these rules. */
const OPEN = { http: true, ports: '*' as const };

let canaries: Canary[];
beforeAll(async () => {
  canaries = await Promise.all([startCanary(), startCanary(), startCanary()]);
});
afterAll(() => Promise.all(canaries.map((canary) => canary.close())));

const open: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

const hits = async (): Promise<number> => {
  const counts = await Promise.all(canaries.map((canary) => canary.hits()));
  return counts.reduce((sum, count) => sum + count, 0);
};

/** Creates a sender that uses the name server of the test and may send to the public internet and `allow`. */
async function senderWithDns(
  respond: (name: string, type: string) => DnsResponse,
  allow: string[] = [],
): Promise<{ sender: Sender; questions: string[] }> {
  const server = await startNameServer(respond);
  const sender = createSender(parseOutboundRules({ ...OPEN, allow }), {
    lookup: createNameResolver([server.address]),
  });
  open.push(server, { close: () => sender.stop() });
  return { sender, questions: server.questions };
}

const a = (name: string, data: string, ttl = 60) => ({ name, type: 'A' as const, ttl, data });
const aaaa = (name: string, data: string, ttl = 60) => ({ name, type: 'AAAA' as const, ttl, data });
const cname = (name: string, data: string, ttl = 60) => ({ name, type: 'CNAME' as const, ttl, data });

/** Returns these records for `A` queries, and none for other queries. */
const onlyA =
  (...addresses: string[]) =>
  (name: string, type: string): DnsResponse =>
    type === 'A' ? addresses.map((address) => a(name, address)) : [];

describe('the canaries', () => {
  it('are reachable if the rules allow it, which proves that the other tests can fail', async () => {
    const canary = await startCanary();
    const { sender } = await senderWithDns(onlyA('127.0.0.1'), ['127.0.0.0/8', '::1/128']);
    const hosts = ['127.0.0.1', 'in.example', ...(hasAddress('::1') ? ['[::1]'] : [])];
    await Promise.all(hosts.map((host) => sender.send(post(`http://${host}:${canary.port}/`))));
    expect(await canary.hits()).toBe(hosts.length);
    await canary.close();
  });
});

describe('a hostile URL', () => {
  it('is rejected without opening a connection', async () => {
    const sender = createSender(parseOutboundRules(OPEN), {
      lookup: () => Promise.reject(new Error('unexpected lookup')),
    });
    open.push({ close: () => sender.stop() });
    const rows = canaries
      .flatMap(({ port }) => [...hostileUrls(port), ...ownAddresses(port)])
      .filter(({ verdict }) => verdict !== 'allowed');
    expect(rows.length).toBeGreaterThan(3 * 150);
    const outcomes = await Promise.all(rows.map(({ url }) => sender.send(post(url))));
    expect(outcomes.map((outcome, index) => [rows[index]?.url, gist(outcome)])).toEqual(
      rows.map(({ url, verdict }) => [url, verdict]),
    );
    expect(await hits()).toBe(0);
  });

  it('is rejected with https, too', async () => {
    const sender = createSender(parseOutboundRules({ ports: '*' }));
    open.push({ close: () => sender.stop() });
    const rows = hostileUrls(canaries[0]?.port ?? 0).filter(({ verdict }) => verdict === 'blocked_address');
    const outcomes = await Promise.all(
      rows.map(({ url }) => sender.send(post(url.replace(/^http:/, 'https:')))),
    );
    for (const outcome of outcomes) expect(['blocked_address', 'invalid_url']).toContain(gist(outcome));
    expect(await hits()).toBe(0);
  });
});

describe('a hostile name', () => {
  it('is rejected for the address that it resolves to', async () => {
    const addresses = new Map(HOSTILE_NAMES.map(([name, address]) => [name, address]));
    const { sender } = await senderWithDns((name, type) => {
      const address = addresses.get(name) ?? '';
      if (type === 'A' && !address.includes(':')) return [a(name, address)];
      return type === 'AAAA' && address.includes(':') ? [aaaa(name, address)] : [];
    });
    const urls = HOSTILE_NAMES.map(([name]) => `http://${name}:${canaries[0]?.port}/`);
    const outcomes = await Promise.all(urls.map((url) => sender.send(post(url))));
    expect(outcomes.map(gist)).toEqual(urls.map(() => 'blocked_address'));
    expect(await hits()).toBe(0);
  });

  it('cannot use DNS rebinding with a TTL of 0', async () => {
    // 127.0.0.2 represents a public address: its network is the only one allowed here.
    const victim = await startRawServer(undefined, { host: '127.0.0.1' });
    const server = await startRawServer(
      async ({ socket, requests }) => {
        await requests(1);
        socket.end(rawResponse(200).replace('\r\n', '\r\nconnection: close\r\n'));
      },
      { host: '127.0.0.2', port: victim.port },
    );
    let calls = 0;
    const { sender } = await senderWithDns(
      (name, type) => {
        if (type !== 'A') return [];
        calls += 1;
        return [a(name, calls % 2 === 1 ? '127.0.0.2' : '127.0.0.1', 0)];
      },
      ['127.0.0.2/32'],
    );
    const outcomes: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      outcomes.push(gist(await sender.send(post(`http://rebinding.example:${server.port}/`))));
    }
    expect(outcomes).toEqual(['200', 'blocked_address', '200', 'blocked_address', '200', 'blocked_address']);
    expect(victim.connections).toHaveLength(0);
    await Promise.all([server.close(), victim.close()]);
  });

  it('is resolved once per connection: there is no second lookup between check and use', async () => {
    const { sender, questions } = await senderWithDns(onlyA('127.0.0.1'));
    await sender.send(post(`http://once.example:${canaries[0]?.port}/`));
    expect(questions.toSorted()).toEqual(['A once.example', 'AAAA once.example']);
  });

  it.each<[name: string, respond: (name: string, type: string) => DnsResponse]>([
    [
      'private addresses of both families',
      (name, type) =>
        type === 'A'
          ? [a(name, '10.0.0.1'), a(name, '127.0.0.1')]
          : [aaaa(name, '::1'), aaaa(name, 'fd00::2')],
    ],
    [
      'a CNAME to a private address',
      (name, type) => (type === 'A' ? [cname(name, 'in.example'), a('in.example', '127.0.0.1')] : []),
    ],
    [
      'a chain of 30 CNAMEs to a private address',
      (name, type) =>
        type === 'A'
          ? [
              ...Array.from({ length: 30 }, (_, hop) =>
                cname(hop === 0 ? name : `c${hop}.x`, `c${hop + 1}.x`),
              ),
              a('c30.x', '127.0.0.1'),
            ]
          : [],
    ],
    ['a mapped address', (name, type) => (type === 'AAAA' ? [aaaa(name, '::ffff:127.0.0.1')] : [])],
    ['the unspecified address', (name, type) => (type === 'A' ? [a(name, '0.0.0.0')] : [aaaa(name, '::')])],
    [
      '25 private addresses',
      (name, type) =>
        type === 'A' ? Array.from({ length: 25 }, (_, last) => a(name, `127.0.0.${last}`)) : [],
    ],
  ])('is rejected if it has %s', async (_name, respond) => {
    const { sender } = await senderWithDns(respond);
    expect(gist(await sender.send(post(`http://in.example:${canaries[0]?.port}/`)))).toBe('blocked_address');
    expect(await hits()).toBe(0);
  });

  it.each<[name: string, respond: (name: string, type: string) => DnsResponse]>([
    [
      'private IPv4 beside it',
      (name, type) => (type === 'A' ? [a(name, '127.0.0.1'), a(name, '127.0.0.2'), a(name, '10.0.0.1')] : []),
    ],
    [
      'private IPv6 beside it',
      (name, type) =>
        type === 'A' ? [a(name, '127.0.0.2')] : [aaaa(name, '::1'), aaaa(name, '::ffff:127.0.0.1')],
    ],
  ])('reaches only its public address if it has %s', async (_name, respond) => {
    const victim = await startRawServer(undefined, { host: '127.0.0.1' });
    const server = await startRawServer(
      async ({ socket, requests }) => {
        await requests(1);
        socket.end(rawResponse(200));
      },
      { host: '127.0.0.2', port: victim.port },
    );
    const { sender } = await senderWithDns(respond, ['127.0.0.2/32']);
    expect(gist(await sender.send(post(`http://mixed.example:${server.port}/`)))).toBe('200');
    await server.close();
    expect(gist(await sender.send(post(`http://mixed.example:${server.port}/`)))).toBe('connection_refused');
    expect(victim.connections).toHaveLength(0);
    await victim.close();
  });

  it.each<[response: DnsResponse, message: string]>([
    ['nxdomain', 'The host name broken.example could not be resolved: it has no address'],
    [[], 'The host name broken.example could not be resolved: it has no address'],
    ['servfail', 'The host name broken.example could not be resolved: its name server failed'],
    [
      'garbage',
      'The host name broken.example could not be resolved: its name server sent an invalid response',
    ],
    [
      [cname('broken.example', 'b.example'), cname('b.example', 'broken.example')],
      'The host name broken.example could not be resolved: it has no address',
    ],
  ])('is a DNS error for the DNS response %j', async (response, message) => {
    const { sender } = await senderWithDns(() => response);
    const outcome = await sender.send(post('http://broken.example/'));
    expect(outcome).toMatchObject({ kind: 'failure', code: 'dns_error', message });
  });

  it('is a timeout with the name in the message if the name server does not respond', async () => {
    const { sender } = await senderWithDns(() => 'silence');
    const outcome = await sender.send(post('http://silent.example/'));
    expect(outcome).toMatchObject({
      code: 'timeout',
      message: 'Resolving the host name silent.example timed out after 3 s',
    });
  });
});

describe('a redirect', () => {
  it('is a response and is not followed', async () => {
    const locations = hostileUrls(canaries[0]?.port ?? 0)
      .map(({ url }) => url)
      .filter((url) => /^[\x21-\x7e]+$/.test(url));
    const statuses = [301, 302, 303, 307, 308];
    const server = await startRawServer(async ({ socket, requests }) => {
      for (const [index, location] of locations.entries()) {
        await requests(index + 1);
        const status = statuses[index % statuses.length];
        socket.write(`HTTP/1.1 ${status} Moved\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`);
      }
    });
    const sender = createSender(parseOutboundRules({ ...OPEN, allow: ['127.0.0.1/32'] }));
    open.push({ close: () => sender.stop() });
    for (const index of locations.keys()) {
      const outcome = await sender.send(post(`http://127.0.0.1:${server.port}/`));
      expect(gist(outcome)).toBe(String(statuses[index % statuses.length]));
    }
    expect(server.connections).toHaveLength(1);
    expect(await hits()).toBe(0);
    await server.close();
  });
});

const localAddresses = () => Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);

function hasAddress(wanted: string): boolean {
  return localAddresses().some(({ address }) => address === wanted);
}

/** Returns the addresses of this machine, except loopback and public ones. */
function ownAddresses(port: number) {
  return localAddresses()
    .filter(({ address }) => !isAllowedAddress(address, { allow: [] }))
    .map(({ address, family }) => ({
      url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`,
      verdict: 'blocked_address' as const,
    }));
}
