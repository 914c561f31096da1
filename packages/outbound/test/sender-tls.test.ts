import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type TlsOptions } from 'node:tls';
import { createAuthority, selfSigned, type Identity } from '@posthorn/testkit';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { rawResponse, startRawServer, type Connection, type RawServer } from './support/raw-server.js';

const authority = createAuthority();
const { ca } = authority;

let servers: RawServer[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

const lookup = async () => [{ address: '127.0.0.1', family: 4 }];

/** Starts a TLS server with this certificate that responds `ok` to every request. */
async function secure(identity: Identity, onConnection = respondToAll): Promise<RawServer & { url: string }> {
  const server = await startRawServer(onConnection, { server: createServer(identity) });
  servers.push(server);
  return { ...server, url: `https://receiver.example:${server.port}/` };
}

async function respondToAll({ socket, requests, closed }: Connection): Promise<void> {
  for (let count = 1; !socket.destroyed; count += 1) {
    await Promise.race([requests(count), closed]);
    if (!socket.destroyed) socket.write(rawResponse(200, 'ok'));
  }
}

describe('TLS', () => {
  it('is used, and its connections are reused', async () => {
    const server = await secure(authority.issue('receiver.example'));
    const sender = loopbackSender({ ca, lookup });
    expect(await sender.send(post(server.url))).toMatchObject({ status: 200, body: 'ok' });
    expect(await sender.send(post(server.url))).toMatchObject({ status: 200, body: 'ok' });
    expect(server.connections).toHaveLength(1);
  });

  it('rejects self-signed certificates and unknown authorities', async () => {
    const self = await secure(selfSigned('receiver.example'));
    expect(await loopbackSender({ ca, lookup }).send(post(self.url))).toMatchObject({
      code: 'tls_untrusted',
      message: "The receiver's certificate is self-signed",
    });
    const unknown = await secure(authority.issue('receiver.example'));
    expect(await loopbackSender({ lookup }).send(post(unknown.url))).toMatchObject({
      code: 'tls_untrusted',
      message: expect.stringContaining('issued by an untrusted authority'),
    });
    expect(
      self.connections
        .concat(unknown.connections)
        .map(({ received }) => received)
        .join(''),
    ).toBe('');
  });

  it('rejects certificates for another name, and expired ones', async () => {
    const sender = loopbackSender({ ca, lookup });
    const other = await secure(authority.issue('other.example'));
    expect(await sender.send(post(other.url))).toMatchObject({
      code: 'tls_error',
      message: "The receiver's certificate is for another host name",
    });
    const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };
    const expired = await secure(authority.issue('receiver.example', past));
    expect(await sender.send(post(expired.url))).toMatchObject({
      code: 'tls_expired',
      message: "The receiver's certificate has expired",
    });
  });

  it.each<[name: string, options: TlsOptions, code: string, message: string]>([
    [
      'only TLS 1.0 and 1.1',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'tls_error',
      'The receiver supports only insecure versions of TLS',
    ],
    [
      'only unsupported cipher suites',
      { maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256@SECLEVEL=0' },
      'tls_error',
      'The receiver supports none of the offered cipher suites, or requires a client certificate',
    ],
    [
      'mandatory client certificates',
      { requestCert: true, rejectUnauthorized: true },
      'tls_client_certificate',
      'The receiver requires a client certificate',
    ],
  ])('fails with a clear message if the receiver uses %s', async (_name, options, code, message) => {
    const server = await startRawServer(respondToAll, {
      server: createServer({ ...authority.issue('receiver.example'), ...options }),
    });
    servers.push(server);
    const outcome = await loopbackSender({ ca, lookup }).send(
      post(`https://receiver.example:${server.port}/`),
    );
    expect(outcome).toMatchObject({ code, message });
    expect(server.connections.map(({ received }) => received).join('')).toBe('');
  });

  it('fails with a clear message if the receiver does not use TLS', async () => {
    const server = await startRawServer(
      ({ socket }) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
    );
    servers.push(server);
    const outcome = await loopbackSender({ lookup }).send(post(`https://receiver.example:${server.port}/`));
    expect(outcome).toMatchObject({
      code: 'tls_error',
      message: 'The receiver does not speak TLS on this port',
    });
  });

  it('fails with a clear message if the receiver closes the connection during the handshake', async () => {
    const server = await startRawServer(({ socket }) => void socket.once('data', () => socket.destroy()));
    servers.push(server);
    const outcome = await loopbackSender({ lookup }).send(post(`https://receiver.example:${server.port}/`));
    expect(gist(outcome)).toBe('tls_error');
  });

  it('times out if the receiver does not complete the handshake', async () => {
    const server = await startRawServer();
    servers.push(server);
    const request = post(`https://receiver.example:${server.port}/`, { timeoutMs: 250 });
    expect(gist(await loopbackSender({ lookup }).send(request))).toBe('timeout');
    await server.connections[0]?.closed;
  });

  it('calls isFresh after the handshake and sends nothing if it returns false', async () => {
    const server = await secure(authority.issue('receiver.example'));
    const sender = loopbackSender({ ca, lookup });
    let called = false;
    const isFresh = (): boolean => {
      called = true;
      return false;
    };
    expect(await sender.send(post(server.url, { isFresh }))).toEqual({ kind: 'not_started' });
    expect(called).toBe(true);
    // The second request proves that the first would have arrived by now.
    await sender.send(post(server.url, { body: '{"second":true}' }));
    const received = server.connections.map((connection) => connection.received).join('');
    expect(received.split('POST ')).toHaveLength(2);
    expect(received).toContain('{"second":true}');
  });

  it('replaces a connection that the receiver closed while it was being reused', async () => {
    const server = await secure(authority.issue('receiver.example'), async ({ socket, requests }) => {
      await requests(1);
      socket.write(rawResponse(200, 'ok'));
      await requests(2);
      socket.end();
    });
    const sender = loopbackSender({ ca, lookup });
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(server.connections).toHaveLength(2);
  });
});
