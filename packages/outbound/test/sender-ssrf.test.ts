// Everything that is known to lead inside, against listeners that nobody may reach.
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
import { rawAnswer, startRawServer } from './support/raw-server.js';

/** Nothing but the guard stands between a URL and a canary. */
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

/** A sender that asks a name server of the test's own, and may send to the public internet and `allow`. */
async function senderAsking(
  answer: (name: string, type: string) => DnsResponse,
  allow: string[] = [],
): Promise<{ sender: Sender; questions: string[] }> {
  const server = await startNameServer(answer);
  const sender = createSender(parseOutboundRules({ ...OPEN, allow }), {
    lookup: createNameResolver([server.address]),
  });
  open.push(server, { close: () => sender.stop() });
  return { sender, questions: server.questions };
}

const a = (name: string, data: string, ttl = 60) => ({ name, type: 'A' as const, ttl, data });
const aaaa = (name: string, data: string, ttl = 60) => ({ name, type: 'AAAA' as const, ttl, data });
const cname = (name: string, data: string, ttl = 60) => ({ name, type: 'CNAME' as const, ttl, data });

/** Answers `A` questions with these, and says of the rest that there is none. */
const onlyA =
  (...addresses: string[]) =>
  (name: string, type: string): DnsResponse =>
    type === 'A' ? addresses.map((address) => a(name, address)) : [];

describe('the canaries', () => {
  it('are hit where the rules allow it, so that no hit means something', async () => {
    const canary = await startCanary();
    const { sender } = await senderAsking(onlyA('127.0.0.1'), ['127.0.0.0/8', '::1/128']);
    const hosts = ['127.1', 'in.example', ...(hasAddress('::1') ? ['[::1]'] : [])];
    await Promise.all(hosts.map((host) => sender.send(post(`http://${host}:${canary.port}/`))));
    expect(await canary.hits()).toBe(hosts.length);
    await canary.close();
  });
});

describe('a hostile URL', () => {
  it('is refused by its text alone, and nothing is connected to', async () => {
    const sender = createSender(parseOutboundRules(OPEN), {
      lookup: () => Promise.reject(new Error('asked')),
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

  it('gets no more from https', async () => {
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
  it('is refused for the address that it leads to', async () => {
    const addresses = new Map(HOSTILE_NAMES.map(([name, address]) => [name, address]));
    const { sender } = await senderAsking((name, type) => {
      const address = addresses.get(name) ?? '';
      if (type === 'A' && !address.includes(':')) return [a(name, address)];
      return type === 'AAAA' && address.includes(':') ? [aaaa(name, address)] : [];
    });
    const urls = HOSTILE_NAMES.map(([name]) => `http://${name}:${canaries[0]?.port}/`);
    const outcomes = await Promise.all(urls.map((url) => sender.send(post(url))));
    expect(outcomes.map(gist)).toEqual(urls.map(() => 'blocked_address'));
    expect(await hits()).toBe(0);
  });

  it('does not come through by changing its mind (DNS rebinding), with no time to live', async () => {
    // 127.0.0.2 stands for a public address: the one network that is allowed here.
    const server = await startRawServer(
      async ({ socket, requests }) => {
        await requests(1);
        socket.end(rawAnswer(200).replace('\r\n', '\r\nconnection: close\r\n'));
      },
      { host: '127.0.0.2' },
    );
    const victim = await startRawServer(undefined, { host: '127.0.0.1', port: server.port });
    let asked = 0;
    const { sender } = await senderAsking(
      (name, type) => {
        if (type !== 'A') return [];
        asked += 1;
        return [a(name, asked % 2 === 1 ? '127.0.0.2' : '127.0.0.1', 0)];
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

  it('is asked for once for each connection: nothing is looked up again between check and use', async () => {
    const { sender, questions } = await senderAsking(onlyA('127.0.0.1'));
    await sender.send(post(`http://once.example:${canaries[0]?.port}/`));
    expect(questions.toSorted()).toEqual(['A once.example', 'AAAA once.example']);
  });

  it.each<[what: string, answer: (name: string, type: string) => DnsResponse]>([
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
  ])('is refused when it has %s', async (_what, answer) => {
    const { sender } = await senderAsking(answer);
    expect(gist(await sender.send(post(`http://in.example:${canaries[0]?.port}/`)))).toBe('blocked_address');
    expect(await hits()).toBe(0);
  });

  it.each<[what: string, answer: (name: string, type: string) => DnsResponse]>([
    [
      'private IPv4 beside it',
      (name, type) => (type === 'A' ? [a(name, '127.0.0.1'), a(name, '127.0.0.2'), a(name, '10.0.0.1')] : []),
    ],
    [
      'private IPv6 beside it',
      (name, type) =>
        type === 'A' ? [a(name, '127.0.0.2')] : [aaaa(name, '::1'), aaaa(name, '::ffff:127.0.0.1')],
    ],
  ])('reaches only its public address when it has %s', async (_what, answer) => {
    const server = await startRawServer(
      async ({ socket, requests }) => {
        await requests(1);
        socket.end(rawAnswer(200));
      },
      { host: '127.0.0.2' },
    );
    const victim = await startRawServer(undefined, { host: '127.0.0.1', port: server.port });
    const { sender } = await senderAsking(answer, ['127.0.0.2/32']);
    expect(gist(await sender.send(post(`http://mixed.example:${server.port}/`)))).toBe('200');
    await server.close();
    expect(gist(await sender.send(post(`http://mixed.example:${server.port}/`)))).toBe('connection_refused');
    expect(victim.connections).toHaveLength(0);
    await victim.close();
  });

  it.each<[answer: DnsResponse, told: string]>([
    ['nxdomain', 'The name broken.example could not be resolved: it has no address'],
    [[], 'The name broken.example could not be resolved: it has no address'],
    ['servfail', 'The name broken.example could not be resolved: its name server failed'],
    ['garbage', 'The name broken.example could not be resolved: its name server gave no valid answer'],
    [
      [cname('broken.example', 'b.example'), cname('b.example', 'broken.example')],
      'The name broken.example could not be resolved: it has no address',
    ],
  ])('is a DNS error when the answer is %j', async (answer, told) => {
    const { sender } = await senderAsking(() => answer);
    const outcome = await sender.send(post('http://broken.example/'));
    expect(outcome).toMatchObject({ kind: 'failure', code: 'dns_error', message: told });
    expect(outcome.kind === 'failure' && outcome.durationMs).toBeLessThan(1000);
  });

  it('is a timeout that tells of the name when its name server is silent', async () => {
    const { sender } = await senderAsking(() => 'silence');
    const outcome = await sender.send(post('http://silent.example/'));
    expect(outcome).toMatchObject({
      code: 'timeout',
      message: 'The name silent.example was not resolved within 3 s',
    });
  });
});

describe('a redirect', () => {
  it('is an answer, and leads nowhere', async () => {
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

/** The addresses that this machine has beside loopback, but for public ones. */
function ownAddresses(port: number) {
  return localAddresses()
    .filter(({ address }) => !isAllowedAddress(address, { allow: [] }))
    .map(({ address, family }) => ({
      url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`,
      verdict: 'blocked_address' as const,
    }));
}
