import { afterEach, describe, expect, it } from '@jest/globals';
import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import type { Outcome } from '@posthorn/core';
import { createAuthority, rsaKey, selfSigned } from '@posthorn/testkit';
import { costlyChain } from '@posthorn/testkit/hostile-certificates';
import { longExponentKey } from '@posthorn/testkit/hostile-keys';
import { listeningPort } from './support/listening-port.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';

const authority = createAuthority();
const { ca } = authority;
const lookup = async () => [{ address: '127.0.0.1', family: 4 }];

const servers: Server[] = [];
afterEach(async () => {
  await closeSenders();
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
});

/** Starts a server, and returns its URL and how many connections it has accepted. */
async function listen(server: Server): Promise<{ url: string; accepted: () => number }> {
  let count = 0;
  server.on('connection', (socket) => {
    count += 1;
    socket.on('error', () => {});
  });
  servers.push(server);
  return { url: `https://receiver.example:${await listeningPort(server)}/`, accepted: () => count };
}

const listenTls = (options: TlsOptions) =>
  listen(
    createServer(options, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
      );
    }).on('tlsClientError', () => {}),
  );

/** 12 certificates with RSA keys of 3,072 bits, whose exponents have as many: 90 ms on two cores, and 15 KB. */
const listenCostly = () => listenTls(costlyChain('receiver.example', 12));

/** Sends requests until the handshake of one may not start, and returns its outcome. */
async function sendUntilRefused(send: () => Promise<Outcome>): Promise<Outcome> {
  for (let count = 1; count < 100; count += 1) {
    const outcome = await send();
    if (outcome.kind === 'failure' && outcome.message.includes('CPU time')) return outcome;
  }
  throw new Error('Each handshake was started');
}

describe('a receiver whose certificates take long to verify', () => {
  const [costlyWebhook, sibling] = ['1', '2'].map((id) => ({ id, tenantId: 'a' }));
  const stranger = { id: '3', tenantId: 'b' };

  it('gets no connection until its webhook has paid, but others of the webhook’s tenant get theirs', async () => {
    const costly = await listenCostly();
    const usual = await listenTls(authority.issue('receiver.example'));
    const sender = loopbackSender({ ca, lookup });
    const outcome = await sendUntilRefused(() => sender.send(post(costly.url, { webhook: costlyWebhook })));
    expect(outcome).toMatchObject({
      code: 'tls_error',
      message: expect.stringMatching(/may start in \d+ s$/),
    });
    const accepted = costly.accepted();
    await sender.send(post(costly.url, { webhook: costlyWebhook }));
    expect(costly.accepted()).toBe(accepted);
    // Whatever the receiver: the webhook has to pay.
    expect(gist(await sender.send(post(usual.url, { webhook: costlyWebhook })))).toBe('tls_error');
    for (const webhook of [sibling, stranger])
      expect(gist(await sender.send(post(usual.url, { webhook })))).toBe('200');
  });

  it('is charged to the tenant, too, so that more webhooks are no way around', async () => {
    const costly = await listenCostly();
    const usual = await listenTls(authority.issue('receiver.example'));
    const sender = loopbackSender({ ca, lookup });
    let count = 0;
    await sendUntilRefused(() => {
      count += 1;
      return sender.send(post(costly.url, { webhook: { id: `costly ${count}`, tenantId: 'a' } }));
    });
    expect(gist(await sender.send(post(usual.url, { webhook: sibling })))).toBe('tls_error');
    expect(gist(await sender.send(post(usual.url, { webhook: stranger })))).toBe('200');
  });

  it('is charged also if the handshake succeeds, and at a test as at a delivery', async () => {
    const own = createAuthority();
    const key = longExponentKey();
    const issuers = [own];
    for (const name of ['1', '2', '3', '4']) issuers.unshift((issuers[0] ?? own).intermediate(name, key));
    const issued = (issuers[0] ?? own).issue('receiver.example');
    const { url } = await listenTls({
      key: issued.key,
      cert: issued.cert + issuers.map((issuer) => issuer.ca).join(''),
      // No session can be resumed.
      maxVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    const sender = loopbackSender({ lookup });
    const request = post(url, { profile: { key: 'own', tls: { ca: own.ca } } });
    expect(gist(await sender.send(request))).toBe('200');
    await sendUntilRefused(() => sender.send(request));
  });
});

it('a receiver that sends more than 16 KB in the handshake is refused', async () => {
  const { cert, key } = authority.issue('receiver.example');
  const { url } = await listenTls({ key, cert: cert + selfSigned('of no use').cert.repeat(60) });
  expect(await loopbackSender({ ca, lookup }).send(post(url))).toMatchObject({
    code: 'tls_error',
    message: expect.stringContaining('more than 16 KB'),
  });
});

it('a chain of more than 16 KB costs nothing: OpenSSL never gets it whole', async () => {
  const { url } = await listenTls(costlyChain('receiver.example', 60));
  const sender = loopbackSender({ ca, lookup });
  const expected = { code: 'tls_error', message: expect.stringContaining('more than 16 KB') };
  for (let count = 0; count < 20; count += 1) expect(await sender.send(post(url))).toMatchObject(expected);
});

it('a receiver cannot start the handshake again', async () => {
  const server = createServer({ ...authority.issue('receiver.example'), maxVersion: 'TLSv1.2' }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.renegotiate({}, () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')),
    );
  });
  const { url } = await listen(server);
  expect(gist(await loopbackSender({ ca, lookup }).send(post(url)))).not.toBe('200');
});

describe('a receiver that offers only', () => {
  const issued = authority.issue('receiver.example', undefined, rsaKey('receiver'));
  const only = (ciphers: string): TlsOptions => ({
    ...issued,
    ciphers,
    maxVersion: 'TLSv1.2',
    dhparam: 'auto',
  });

  it.each([
    ['DHE is refused: it would choose how long its numbers are', 'DHE-RSA-AES128-GCM-SHA256', 'tls_error'],
    ['ECDHE is used', 'ECDHE-RSA-AES128-GCM-SHA256', '200'],
  ])('%s', async (_name, ciphers, expected) => {
    const { url } = await listenTls(only(ciphers));
    expect(gist(await loopbackSender({ ca, lookup }).send(post(url)))).toBe(expected);
  });
});
