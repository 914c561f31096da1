// Requests through real proxies, an HTTP and a SOCKS5 one, and through servers that only pretend to be one.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { createServer as createTlsServer } from 'node:tls';
import { parseProxyUrl, type ProxyRoute } from '@posthorn/core';
import {
  createAuthority,
  type EgressProxy,
  HOSTILE_NAMES,
  hostileUrls,
  type ProxyOptions,
  rejectTarget,
  startCanary,
  startHttpProxy,
  startSocksProxy,
} from '@posthorn/testkit';
import { checkProxy, createSender, parseOutboundRules } from '../src/index.js';
import { type Connection, rawResponse, startRawServer } from './support/raw-server.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { startWebServer } from './support/web-server.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await closeSenders();
  for (const each of open.splice(0)) await each.close();
});

const opened = async <Part extends { close(): Promise<void> }>(starting: Promise<Part>): Promise<Part> => {
  const part = await starting;
  open.push(part);
  return part;
};

const v4 = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: 4 }));
const receiver = () => opened(startWebServer((_request, response) => response.end('ok')));
function routeOf(url: string, guards = false): ProxyRoute {
  const route = parseProxyUrl(url, guards);
  if (!route) throw new Error(`${url} is not the URL of a proxy`);
  return route;
}

const portOf = (url: string): string => new URL(url).port;

const KINDS: [scheme: 'http' | 'socks5', start: (options?: ProxyOptions) => Promise<EgressProxy>][] = [
  ['http', startHttpProxy],
  ['socks5', startSocksProxy],
];

describe.each(KINDS)('a %s proxy', (scheme, start) => {
  const started = (options?: ProxyOptions) => opened(start(options));
  const urlOf = ({ port }: EgressProxy, user = '') => `${scheme}://${user}127.0.0.1:${port}`;

  it('gets the address that was checked, the receiver its own name', async () => {
    const [server, proxy] = [await receiver(), await started()];
    const sender = loopbackSender({ lookup: async () => v4('127.0.0.1'), proxy: routeOf(urlOf(proxy)) });
    const url = `http://some.example:${portOf(server.url)}/hook`;
    expect(gist(await sender.send(post(url)))).toBe('200');
    expect(proxy.targets).toEqual([`127.0.0.1:${portOf(server.url)}`]);
    expect(server.requests[0]?.request.headers.host).toBe(`some.example:${portOf(server.url)}`);
  });

  it('gets the name if it is the guard, and the name is not resolved', async () => {
    const [server, proxy] = [await receiver(), await started()];
    const sender = createSender(parseOutboundRules({ http: true, ports: '*', allow: ['127.0.0.0/8'] }), {
      lookup: () => Promise.reject(new Error('unexpected lookup')),
      proxy: routeOf(urlOf(proxy), true),
    });
    open.push({ close: () => sender.stop() });
    const target = `localhost:${portOf(server.url)}`;
    expect(gist(await sender.send(post(`http://${target}/`)))).toBe('200');
    expect(proxy.targets).toEqual([target]);
  });

  it('carries TLS from end to end', async () => {
    const authority = createAuthority();
    const tls = createTlsServer(authority.issue('tls.example'));
    const server = await opened(
      startRawServer(
        async ({ socket, requests }) => {
          await requests(1);
          socket.write(rawResponse(204));
        },
        { server: tls },
      ),
    );
    const proxy = await started();
    const sender = loopbackSender({
      lookup: async () => v4('127.0.0.1'),
      proxy: routeOf(urlOf(proxy)),
      ca: authority.ca,
    });
    expect(gist(await sender.send(post(`https://tls.example:${server.port}/`)))).toBe('204');
    const other = await sender.send(post(`https://other.example:${server.port}/`));
    expect(other).toMatchObject({ code: 'tls_error', message: expect.stringContaining('another host name') });
  });

  it('gets credentials', async () => {
    const [server, proxy] = [await receiver(), await started({ username: 'us er', password: 'p@ss' })];
    const outcomes = [];
    for (const user of ['us%20er:p%40ss@', 'us%20er:secret-wrong@', '']) {
      const sender = loopbackSender({ proxy: routeOf(urlOf(proxy, user)) });
      outcomes.push(await sender.send(post(server.url)));
    }
    expect(outcomes.map(gist)).toEqual([
      '200',
      'proxy_authentication_required',
      'proxy_authentication_required',
    ]);
    expect(JSON.stringify(outcomes)).not.toMatch(/p@ss|secret-wrong|127\.0\.0\.1/);
  });

  it('is asked for the next address if it cannot reach the first', async () => {
    const [server, proxy] = [await receiver(), await started()];
    const sender = loopbackSender({
      lookup: async () => v4('127.0.0.2', '127.0.0.3', '127.0.0.1'),
      proxy: routeOf(urlOf(proxy)),
    });
    expect(gist(await sender.send(post(`http://several.example:${portOf(server.url)}/`)))).toBe('200');
    expect(proxy.targets.map((target) => target.split(':')[0])).toEqual([
      '127.0.0.2',
      '127.0.0.3',
      '127.0.0.1',
    ]);
  });

  it('may not allow the receiver', async () => {
    const [server, proxy] = [await receiver(), await started({ onTarget: rejectTarget(403) })];
    const outcome = await loopbackSender({ proxy: routeOf(urlOf(proxy)) }).send(post(server.url));
    expect(gist(outcome)).toBe('proxy_rejected');
    expect(server.requests).toEqual([]);
  });

  it('is not asked for an address that is not allowed', async () => {
    const proxy = await started();
    const canary = await startCanary();
    const addresses = new Map(HOSTILE_NAMES.map(([name, address]) => [name, address]));
    const sender = createSender(parseOutboundRules({ http: true, ports: '*' }), {
      lookup: async (name) => {
        const address = addresses.get(name) ?? '127.0.0.1';
        return [{ address, family: address.includes(':') ? 6 : 4 }];
      },
      proxy: routeOf(urlOf(proxy)),
    });
    open.push({ close: () => sender.stop() }, canary);
    const urls = [
      ...hostileUrls(canary.port)
        .filter(({ verdict }) => verdict !== 'allowed')
        .map(({ url }) => url),
      ...HOSTILE_NAMES.map(([name]) => `http://${name}:${canary.port}/`),
      `http://rebinding.example:${canary.port}/`,
    ];
    const outcomes = await Promise.all(urls.map((url) => sender.send(post(url))));
    for (const outcome of outcomes) expect(['blocked_address', 'invalid_url']).toContain(gist(outcome));
    expect([proxy.connectionCount(), await canary.hits()]).toEqual([0, 0]);
  });

  it('keeps connections alive, each for its own profile', async () => {
    const [server, proxy] = [await receiver(), await started()];
    const sender = loopbackSender();
    const route = routeOf(urlOf(proxy));
    for (const profile of [
      { key: 'a', proxy: route },
      { key: 'b', proxy: route },
      { key: 'a', proxy: route },
      undefined,
    ])
      expect(gist(await sender.send(post(server.url, { profile })))).toBe('200');
    expect(proxy.targets).toHaveLength(2);
    expect(server.connectionCount()).toBe(3);
  });

  it('is not used with the profile `direct`', async () => {
    const [server, proxy] = [await receiver(), await started()];
    const sender = loopbackSender({ proxy: routeOf(urlOf(proxy)) });
    const profile = { key: 'direct', proxy: 'direct' as const };
    expect(gist(await sender.send(post(server.url, { profile })))).toBe('200');
    expect(proxy.connectionCount()).toBe(0);
  });

  it('is asked only after the request has admitted the address', async () => {
    const [server, proxy] = [await receiver(), await started()];
    const sender = loopbackSender({ lookup: async () => v4('127.0.0.1'), proxy: routeOf(urlOf(proxy)) });
    const asked: string[] = [];
    const url = `http://some.example:${portOf(server.url)}/`;
    const admits = (result: boolean) => async (address: string) => {
      asked.push(`${address} ${proxy.connectionCount()}`);
      return result;
    };
    expect(gist(await sender.send(post(url, { admits: admits(false) })))).toBe('blocked_address');
    expect(gist(await sender.send(post(url, { admits: admits(true) })))).toBe('200');
    expect(asked).toEqual(['127.0.0.1 0', '127.0.0.1 0']);
  });

  it('is asked for the next address after the request has admitted it, too', async () => {
    const [server, proxy] = [await receiver(), await started()];
    const sender = loopbackSender({
      lookup: async () => v4('127.0.0.2', '127.0.0.1'),
      proxy: routeOf(urlOf(proxy)),
    });
    const asked: string[] = [];
    const url = `http://several.example:${portOf(server.url)}/`;
    const admits = (refused: string) => async (address: string) => {
      asked.push(`${address} ${proxy.targets.length}`);
      return address !== refused;
    };
    expect(gist(await sender.send(post(url, { admits: admits('none') })))).toBe('200');
    expect(asked.splice(0)).toEqual(['127.0.0.2 0', '127.0.0.1 1']);
    const other = loopbackSender({
      lookup: async () => v4('127.0.0.2', '127.0.0.1'),
      proxy: routeOf(urlOf(proxy)),
    });
    expect(gist(await other.send(post(url, { admits: admits('127.0.0.1') })))).toBe('blocked_address');
    expect([asked, proxy.targets.length]).toEqual([['127.0.0.2 2', '127.0.0.1 3'], 3]);
  });

  it('that is down is unreachable, and so is one whose name is unknown', async () => {
    const proxy = await start();
    await proxy.close();
    const sender = loopbackSender({ proxy: routeOf(urlOf(proxy)) });
    expect(await sender.send(post('http://127.0.0.1:9/'))).toMatchObject({
      code: 'proxy_unreachable',
      message: 'The egress proxy is unreachable (ECONNREFUSED)',
    });
    const unknown = loopbackSender({
      lookup: () => Promise.reject(Object.assign(new Error('a'), { code: 'ENOTFOUND' })),
      proxy: routeOf(`${scheme}://secret-name.example:3128`),
    });
    const outcome = await unknown.send(post('http://127.0.0.1:9/'));
    expect(outcome).toMatchObject({ code: 'proxy_unreachable' });
    expect(JSON.stringify(outcome)).not.toContain('secret-name');
  });

  it('that does not respond ends with its own failure, before the deadline of the request', async () => {
    const silent = await opened(startRawServer());
    const sender = loopbackSender({ proxy: routeOf(`${scheme}://127.0.0.1:${silent.port}`) });
    const outcome = await sender.send(post('http://127.0.0.1:9/', { timeoutMs: 500 }));
    expect(gist(outcome)).toBe('proxy_timeout');
    const connection = await silent.connection(0);
    await connection.closed;
  });

  it.each([
    ['garbage', (connection: Connection) => connection.socket.write(Buffer.alloc(2048, 0xff))],
    ['a closed connection', (connection: Connection) => connection.socket.end()],
    ['a reset connection', (connection: Connection) => connection.socket.resetAndDestroy()],
  ])('that responds with %s has failed', async (name, respond) => {
    const server = await opened(
      startRawServer((connection) => {
        connection.socket.once('data', () => respond(connection));
      }),
    );
    const proxy = routeOf(`${scheme}://127.0.0.1:${server.port}`);
    const sender = loopbackSender({ proxy });
    expect(gist(await sender.send(post('http://127.0.0.1:9/')))).toBe('proxy_failed');
    // Some proxies close the connection if a host is not found.
    expect(await checkProxy(proxy)).toEqual(
      name === 'garbage' ? expect.objectContaining({ code: 'proxy_failed' }) : null,
    );
  });

  it('is checked', async () => {
    const proxy = await started({ username: 'a', password: 'b' });
    expect(await checkProxy(routeOf(urlOf(proxy, 'a:b@')))).toBeNull();
    expect(await checkProxy(routeOf(urlOf(proxy, 'a:c@')))).toMatchObject({
      code: 'proxy_authentication_required',
    });
    await proxy.close();
    expect(await checkProxy(routeOf(urlOf(proxy, 'a:b@')))).toMatchObject({ code: 'proxy_unreachable' });
    open.length = 0;
  });
});

describe('a proxy', () => {
  const NOT_ALLOWED = {
    code: 'proxy_unreachable',
    message: 'The egress proxy has an address that no proxy may have',
  };

  it.each(['169.254.169.254', '169.254.1.1', '[fe80::1]', '[::ffff:169.254.1.1]', '168.63.129.16'])(
    'cannot have the address %s',
    async (host) => {
      expect(await checkProxy(routeOf(`http://${host}:3128`))).toEqual(NOT_ALLOWED);
    },
  );

  it('cannot have a name with only such addresses; others of the name are used', async () => {
    const proxy = await opened(startHttpProxy());
    const route = routeOf(`http://proxy.example:${proxy.port}`);
    const check = (...addresses: string[]) => checkProxy(route, { lookup: async () => v4(...addresses) });
    expect(await check('169.254.169.254')).toEqual(NOT_ALLOWED);
    expect(await check('169.254.169.254', '127.0.0.1')).toBeNull();
    expect(await check('127.0.0.1')).toBeNull();
  });
});

describe('an https proxy', () => {
  it('is reached by TLS, and its certificate is verified', async () => {
    const authority = createAuthority();
    const tls = authority.issue('proxy.example');
    const proxy = await opened(startHttpProxy({ tls }));
    const server = await receiver();
    const options = { lookup: async () => v4('127.0.0.1'), ca: authority.ca };
    const senderVia = (host: string) =>
      loopbackSender({ ...options, proxy: routeOf(`https://${host}:${proxy.port}`) });
    expect(gist(await senderVia('proxy.example').send(post(server.url)))).toBe('200');
    expect(gist(await senderVia('other.example').send(post(server.url)))).toBe('proxy_unreachable');
  });

  it('carries TLS within TLS', async () => {
    const authority = createAuthority();
    const proxy = await opened(startHttpProxy({ tls: authority.issue('proxy.example') }));
    const server = await opened(
      startRawServer(
        async ({ socket, requests }) => {
          await requests(1);
          socket.write(rawResponse(204));
        },
        { server: createTlsServer(authority.issue('tls.example')) },
      ),
    );
    const sender = loopbackSender({
      lookup: async () => v4('127.0.0.1'),
      ca: authority.ca,
      proxy: routeOf(`https://proxy.example:${proxy.port}`),
    });
    expect(gist(await sender.send(post(`https://tls.example:${server.port}/`)))).toBe('204');
  });
});

/** Sends a request through a server that responds to everything with these pieces. */
async function through(...pieces: (string | Buffer)[]) {
  const server = await opened(
    startRawServer(({ socket }) => {
      socket.once('data', () => {
        for (const piece of pieces) socket.write(piece);
      });
    }),
  );
  const sender = loopbackSender({ proxy: routeOf(`http://127.0.0.1:${server.port}`) });
  return sender.send(post('http://127.0.0.1:9/'));
}

describe('the response of an HTTP proxy', () => {
  it.each([
    ['403 No', '', 'proxy_rejected'],
    ['404 No', '', 'proxy_rejected'],
    ['407 No', 'proxy-authenticate: Basic realm="a"\r\n', 'proxy_authentication_required'],
    ['407 No', '', 'proxy_authentication_required'],
    ['407 No', 'x-smokescreen-error: denied\r\n', 'proxy_rejected'],
    ['500 No', '', 'proxy_failed'],
    ['502 No', '', 'network_error'],
    ['503 No', '', 'proxy_failed'],
    ['503 No', 'x-squid-error: ERR_CONNECT_FAIL 111\r\n', 'network_error'],
    ['504 No', '', 'timeout'],
    ['100 Continue', '', 'proxy_failed'],
    ['302 Found', 'location: http://127.0.0.1/\r\n', 'proxy_failed'],
  ])('%s with "%s" is %s', async (status, headers, code) => {
    expect(gist(await through(`HTTP/1.1 ${status}\r\n${headers}\r\n`))).toBe(code);
  });

  it('has a reason, which is shown without addresses', async () => {
    const outcome = await through(
      "HTTP/1.1 407 No\r\nx-smokescreen-error: The host resolves to 10.1.2.3:443 and [fd00::1]:443, 'Deny: Private Range'\r\n\r\n",
    );
    expect(outcome).toMatchObject({
      message:
        "The egress proxy rejected the connection to the receiver (407: The host resolves to … and […]:443, 'Deny: Private Range')",
    });
  });

  it.each([
    [
      'headers without end',
      [`HTTP/1.1 200 OK\r\n`, Buffer.alloc(100_000, `x-filler: ${'y'.repeat(1000)}\r\n`)],
    ],
    ['a status line without end', ['HTTP/1.1 200 ', Buffer.alloc(40_000, 'x')]],
    ['data before the request', ['HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n']],
  ])('with %s has failed', async (_name, pieces) => {
    expect(gist(await through(...pieces))).toBe('proxy_failed');
  });
});

describe('private networks of a profile', () => {
  const RULES = parseOutboundRules({ http: true, ports: '*', privateNetworks: ['127.0.0.0/8'] });
  const sender = () => {
    const created = createSender(RULES, { lookup: async () => v4('127.0.0.1') });
    open.push({ close: () => created.stop() });
    return created;
  };
  const tenant = { key: 'tenant', networks: ['127.0.0.0/16'] };

  it('are reachable with it, by name and address, and not without', async () => {
    const server = await receiver();
    const both = [server.url, `http://inner.example:${portOf(server.url)}/`];
    const sending = sender();
    for (const url of both) {
      expect(gist(await sending.send(post(url, { profile: tenant })))).toBe('200');
      expect(gist(await sending.send(post(url)))).toBe('blocked_address');
      expect(gist(await sending.send(post(url, { profile: { key: 'other', networks: [] } })))).toBe(
        'blocked_address',
      );
    }
  });

  it.each([
    ['wider than what is open', '126.0.0.0/7'],
    ['elsewhere', '10.0.0.0/8'],
    ['of another family', '::/0'],
  ])('%s have no effect', async (_name, network) => {
    const server = await receiver();
    const profile = { key: network, networks: [network] };
    expect(gist(await sender().send(post(server.url, { profile })))).toBe('blocked_address');
  });

  it('are reachable through a proxy, too', async () => {
    const [server, proxy] = [await receiver(), await opened(startHttpProxy())];
    const route = routeOf(`http://127.0.0.1:${proxy.port}`);
    expect(gist(await sender().send(post(server.url, { profile: { ...tenant, proxy: route } })))).toBe('200');
    expect(gist(await sender().send(post(server.url, { profile: { key: 'x', proxy: route } })))).toBe(
      'blocked_address',
    );
    expect(proxy.targets).toHaveLength(1);
  });
});
