import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer, type TlsOptions } from 'node:tls';
import { createAuthority, selfSigned, type Identity } from './support/certificates.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';
import { rawAnswer, startRawServer, type Connection, type RawServer } from './support/raw-server.js';

const authority = createAuthority();
const { ca } = authority;

let servers: RawServer[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(servers.map((server) => server.close()));
  servers = [];
});

const lookup = async () => [{ address: '127.0.0.1', family: 4 }];

/** A TLS server with this certificate that answers `ok` to every request. */
async function secure(identity: Identity, onConnection = answerAll): Promise<RawServer & { url: string }> {
  const server = await startRawServer(onConnection, { server: createServer(identity) });
  servers.push(server);
  return { ...server, url: `https://receiver.example:${server.port}/` };
}

async function answerAll({ socket, requests, closed }: Connection): Promise<void> {
  for (let count = 1; !socket.destroyed; count += 1) {
    await Promise.race([requests(count), closed]);
    if (!socket.destroyed) socket.write(rawAnswer(200, 'ok'));
  }
}

describe('TLS', () => {
  it('is spoken, and its connections used again', async () => {
    const server = await secure(authority.issue('receiver.example'));
    const sender = loopbackSender({ ca, lookup });
    expect(await sender.send(post(server.url))).toMatchObject({ status: 200, body: 'ok' });
    expect(await sender.send(post(server.url))).toMatchObject({ status: 200, body: 'ok' });
    expect(server.connections).toHaveLength(1);
  });

  it('does not trust a certificate that vouches for itself, nor an authority nobody knows', async () => {
    const self = await secure(selfSigned('receiver.example'));
    expect(await loopbackSender({ ca, lookup }).send(post(self.url))).toMatchObject({
      code: 'tls_error',
      message: 'The certificate of the receiver is self-signed',
    });
    const unknown = await secure(authority.issue('receiver.example'));
    expect(await loopbackSender({ lookup }).send(post(unknown.url))).toMatchObject({
      code: 'tls_error',
      message: expect.stringContaining('comes from an authority that is not trusted'),
    });
    expect(
      self.connections
        .concat(unknown.connections)
        .map(({ received }) => received)
        .join(''),
    ).toBe('');
  });

  it('does not trust a certificate for another name, or of another time', async () => {
    const sender = loopbackSender({ ca, lookup });
    const other = await secure(authority.issue('other.example'));
    expect(await sender.send(post(other.url))).toMatchObject({
      code: 'tls_error',
      message: 'The certificate of the receiver is for another name',
    });
    const past = { notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') };
    const expired = await secure(authority.issue('receiver.example', past));
    expect(await sender.send(post(expired.url))).toMatchObject({
      code: 'tls_error',
      message: 'The certificate of the receiver has expired',
    });
  });

  it.each<[what: string, options: TlsOptions, message: string]>([
    [
      'only TLS 1.0 and 1.1',
      { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'The receiver speaks only versions of TLS that are no longer safe',
    ],
    [
      'only ciphers that nobody else takes',
      { maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256@SECLEVEL=0' },
      'The receiver takes none of the ciphers that Posthorn offers',
    ],
    [
      'only to clients with a certificate',
      { requestCert: true, rejectUnauthorized: true },
      'The receiver asks for a certificate of the client',
    ],
  ])('fails plainly when the receiver speaks %s', async (_what, options, message) => {
    const server = await startRawServer(answerAll, {
      server: createServer({ ...authority.issue('receiver.example'), ...options }),
    });
    servers.push(server);
    const outcome = await loopbackSender({ ca, lookup }).send(
      post(`https://receiver.example:${server.port}/`),
    );
    expect(outcome).toMatchObject({ code: 'tls_error', message });
    expect(server.connections.map(({ received }) => received).join('')).toBe('');
  });

  it('fails plainly when the receiver speaks none', async () => {
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

  it('fails plainly when the receiver hangs up in the handshake', async () => {
    const server = await startRawServer(({ socket }) => void socket.once('data', () => socket.destroy()));
    servers.push(server);
    const outcome = await loopbackSender({ lookup }).send(post(`https://receiver.example:${server.port}/`));
    expect(gist(outcome)).toBe('tls_error');
  });

  it('times out when the receiver leaves the handshake hanging', async () => {
    const server = await startRawServer();
    servers.push(server);
    const request = post(`https://receiver.example:${server.port}/`, { timeoutMs: 250 });
    expect(gist(await loopbackSender({ lookup }).send(request))).toBe('timeout');
    await server.connections[0]?.closed;
  });

  it('asks isFresh after the handshake, and sends nothing without it', async () => {
    const server = await secure(authority.issue('receiver.example'));
    const sender = loopbackSender({ ca, lookup });
    let asked = false;
    const isFresh = (): boolean => {
      asked = true;
      return false;
    };
    expect(await sender.send(post(server.url, { isFresh }))).toEqual({ kind: 'not_started' });
    expect(asked).toBe(true);
    // The next one shows that whatever was sent would be here by now.
    await sender.send(post(server.url, { body: '{"second":true}' }));
    const received = server.connections.map((connection) => connection.received).join('');
    expect(received.split('POST ')).toHaveLength(2);
    expect(received).toContain('{"second":true}');
  });

  it('replaces a connection that the receiver closed as it was used again', async () => {
    const server = await secure(authority.issue('receiver.example'), async ({ socket, requests }) => {
      await requests(1);
      socket.write(rawAnswer(200, 'ok'));
      await requests(2);
      socket.end();
    });
    const sender = loopbackSender({ ca, lookup });
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(gist(await sender.send(post(server.url)))).toBe('200');
    expect(server.connections).toHaveLength(2);
  });
});
