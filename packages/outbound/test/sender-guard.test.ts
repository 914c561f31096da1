import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { NO_BARRIER } from '@posthorn/core';
import { openGuardedConnection } from '../src/guarded-connection.js';
import { guardedLookup } from '../src/guarded-lookup.js';
import { createSender, parseOutboundRules } from '../src/index.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { rawResponse, startRawServer, type RawServer } from './support/raw-server.js';

let server: RawServer;
beforeEach(async () => {
  server = await startRawServer(async ({ socket, requests }) => {
    await requests(1);
    socket.end(rawResponse(200, 'ok').replace('\r\n', '\r\nconnection: close\r\n'));
  });
});
afterEach(async () => {
  await closeSenders();
  await server.close();
});

const v4 = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: 4 }));

describe('the address guard of a sender', () => {
  it('blocks a name that resolves to an internal address', async () => {
    const sender = createSender(parseOutboundRules({ http: true, ports: '*' }), {
      lookup: async () => v4('127.0.0.1'),
    });
    const outcome = await sender.send(post(`http://innocent.example:${server.port}/`));
    expect(outcome).toMatchObject({
      code: 'blocked_address',
      message: expect.stringContaining('innocent.example'),
    });
    expect(outcome.kind === 'failure' && outcome.message).not.toContain('127.0.0.1');
    expect(server.connections).toHaveLength(0);
  });

  it('uses only the allowed addresses of a name', async () => {
    const sender = loopbackSender({ lookup: async () => v4('10.0.0.1', '127.0.0.1', '192.168.0.1') });
    expect(gist(await sender.send(post(`http://mixed.example:${server.port}/`)))).toBe('200');
  });

  it('checks every new connection, even if the addresses of a name change', async () => {
    const lookup = jest
      .fn<() => Promise<LookupAddress[]>>()
      .mockResolvedValueOnce(v4('127.0.0.1'))
      .mockResolvedValueOnce(v4('10.0.0.1'))
      .mockResolvedValueOnce(v4('127.0.0.1'));
    const sender = loopbackSender({ lookup });
    const send = () => sender.send(post(`http://rebinding.example:${server.port}/`));
    expect([gist(await send()), gist(await send()), gist(await send())]).toEqual([
      '200',
      'blocked_address',
      '200',
    ]);
    expect(lookup).toHaveBeenCalledTimes(3);
    expect(server.connections).toHaveLength(2);
  });

  it('blocks a literal address when connecting, because there is no lookup', async () => {
    const lookup = jest.fn<() => Promise<LookupAddress[]>>();
    const guard = { isAllowed: () => false, lookup: guardedLookup(lookup, () => true) };
    const target = {
      host: '127.0.0.1',
      port: server.port,
      deadline: performance.now() + 30_000,
      ...NO_BARRIER,
    };
    await expect(openGuardedConnection(target, guard)).rejects.toMatchObject({ code: 'blocked_address' });
    expect(lookup).not.toHaveBeenCalled();
    expect(server.connections).toHaveLength(0);
  });

  it('checks the remote address again before any byte is sent', async () => {
    const guard = {
      isAllowed: () => false,
      lookup: guardedLookup(
        async () => v4('127.0.0.1'),
        () => true,
      ),
    };
    const target = {
      host: 'liar.example',
      port: server.port,
      deadline: performance.now() + 30_000,
      ...NO_BARRIER,
    };
    await expect(openGuardedConnection(target, guard)).rejects.toMatchObject({ code: 'blocked_address' });
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received).toBe('');
  });

  it('tries the next address of a name if one refuses the connection', async () => {
    const sender = loopbackSender({ lookup: async () => v4('127.0.0.2', '127.0.0.3', '127.0.0.1') });
    expect(gist(await sender.send(post(`http://several.example:${server.port}/`)))).toBe('200');
  });

  it('allows localhost if loopback is allowed, for both families', async () => {
    expect(gist(await loopbackSender().send(post(`http://localhost:${server.port}/`)))).toBe('200');
    const six = await startRawServer(
      async ({ socket, requests }) => {
        await requests(1);
        socket.write(rawResponse(202));
      },
      { host: '::1' },
    ).catch(() => null);
    // Skipped on a machine without IPv6.
    if (six === null) return;
    expect(gist(await loopbackSender().send(post(`http://localhost:${six.port}/`)))).toBe('202');
    expect(gist(await loopbackSender().send(post(`http://[::1]:${six.port}/`)))).toBe('202');
    await six.close();
  });
});

describe('a request that asks whether its address is admitted', () => {
  it('is sent if it is, each over a separate connection', async () => {
    const sender = loopbackSender({ lookup: async () => v4('127.0.0.1') });
    const addresses: string[] = [];
    const admits = async (address: string) => addresses.push(address) > 0;
    for (const url of [`http://some.example:${server.port}/`, `http://127.0.0.1:${server.port}/`])
      expect(gist(await sender.send(post(url, { admits })))).toBe('200');
    expect(addresses).toEqual(['127.0.0.1', '127.0.0.1']);
    const keepAlive = await startRawServer(async ({ socket, requests }) => {
      for (let count = 1; count <= 2; count += 1) {
        await requests(count);
        socket.write(rawResponse(200));
      }
    });
    try {
      const url = `http://127.0.0.1:${keepAlive.port}/`;
      await sender.send(post(url));
      await sender.send(post(url, { admits }));
      expect(keepAlive.connections).toHaveLength(2);
    } finally {
      await keepAlive.close();
    }
  });

  it.each(['http', 'https'])('writes nothing to the %s connection if it is not', async (scheme) => {
    const url = `${scheme}://127.0.0.1:${server.port}/`;
    const outcome = await loopbackSender().send(post(url, { admits: async () => false }));
    expect(gist(outcome)).toBe('blocked_address');
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received).toBe('');
  });

  it('is not sent and closes its connection if the question fails', async () => {
    const outcome = await loopbackSender().send(
      post(`http://127.0.0.1:${server.port}/`, { admits: () => Promise.reject(new Error('no response')) }),
    );
    expect(gist(outcome)).toBe('network_error');
    const connection = await server.connection(0);
    await connection.closed;
    expect(connection.received).toBe('');
  });
});
