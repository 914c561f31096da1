import { afterEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createAuthority, eventually, type Identity, type Receiver, startReceiver } from '@posthorn/testkit';
import type { TlsOptions } from 'node:tls';
import type { ConnectionProfile, OutboundRequest } from '../src/index.js';
import { closeSenders, gist, loopbackSender, post } from './support/senders.js';

const servers = createAuthority('Authority of receivers');
const clients = createAuthority('Authority of clients');
const { ca } = servers;

const receivers: Receiver[] = [];
afterEach(async () => {
  await closeSenders();
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

/** Starts a receiver that demands a client certificate of `clients`. */
async function startDemanding(options: TlsOptions = {}): Promise<Receiver> {
  const identity = servers.issue('127.0.0.1');
  const tls = { ...identity, ca: clients.ca, requestCert: true, rejectUnauthorized: true, ...options };
  const receiver = await startReceiver({ tls });
  receivers.push(receiver);
  return receiver;
}

const profileOf = ({ cert, key }: Identity, name: string): ConnectionProfile => ({
  key: name,
  tls: { ca, cert, key },
});

const ADMITS_ALL = () => Promise.resolve(true);

const fingerprint = ({ cert }: Identity): string => new X509Certificate(cert).fingerprint256;

const send = (receiver: Receiver, profile?: ConnectionProfile, more: Partial<OutboundRequest> = {}) =>
  post(receiver.url, { ...more, profile });

describe('a connection profile', () => {
  it('presents its client certificate, over connections that are kept alive', async () => {
    const receiver = await startDemanding();
    const sender = loopbackSender();
    const own = clients.issue('client');
    const profile = profileOf(own, 'own');
    for (let count = 0; count < 3; count += 1)
      expect(gist(await sender.send(send(receiver, profile)))).toBe('200');
    expect(receiver.requests.map(({ clientCertificate }) => clientCertificate)).toEqual(
      Array(3).fill(fingerprint(own)),
    );
    expect(new Set(receiver.requests.map(({ connection }) => connection)).size).toBe(1);
  });

  it('never shares a connection with another profile or with requests without one', async () => {
    const receiver = await startDemanding({ rejectUnauthorized: false });
    const sender = loopbackSender({ ca });
    const [one, two] = [clients.issue('one'), clients.issue('two')];
    const profiles = [profileOf(one, 'one'), profileOf(two, 'two'), undefined];
    const expected = [fingerprint(one), fingerprint(two), null];
    for (let round = 0; round < 3; round += 1)
      for (const profile of profiles) expect(gist(await sender.send(send(receiver, profile)))).toBe('200');
    expect(receiver.requests.map(({ clientCertificate }) => clientCertificate)).toEqual(
      [0, 1, 2].flatMap(() => expected),
    );
    // Kept alive, one connection each.
    expect(new Set(receiver.requests.map(({ connection }) => connection)).size).toBe(3);
  });

  it('is refused with a clear code if the receiver gets no certificate', async () => {
    const receiver = await startDemanding();
    expect(await loopbackSender({ ca }).send(send(receiver))).toMatchObject({
      code: 'tls_client_certificate',
      message: 'The receiver requires a client certificate',
    });
    expect(receiver.requests).toEqual([]);
  });

  it('replaces the public authorities: neither they nor additional ones are trusted', async () => {
    const receiver = await startDemanding({ requestCert: false });
    const sender = loopbackSender({ ca });
    expect(gist(await sender.send(send(receiver)))).toBe('200');
    const other = createAuthority('Another authority');
    const outcome = await sender.send(send(receiver, { key: 'other', tls: { ca: other.ca } }));
    expect(gist(outcome)).toBe('tls_untrusted');
    // Without its own authorities, a profile trusts those of the sender.
    expect(gist(await sender.send(send(receiver, { key: 'default' })))).toBe('200');
  });

  it('has separate connections for requests whose address must be admitted', async () => {
    const receiver = await startDemanding();
    const sender = loopbackSender();
    const profile = profileOf(clients.issue('client'), 'own');
    for (let count = 0; count < 2; count += 1)
      expect(gist(await sender.send(send(receiver, profile, { admits: ADMITS_ALL })))).toBe('200');
    expect(new Set(receiver.requests.map(({ connection }) => connection)).size).toBe(2);
  });

  it('closes its idle connections when the sender stops', async () => {
    const receiver = await startDemanding();
    const sender = loopbackSender();
    await sender.send(send(receiver, profileOf(clients.issue('client'), 'own')));
    expect(receiver.requests[0]?.isAborted()).toBe(false);
    await sender.stop();
    await eventually(() => expect(receiver.requests[0]?.isAborted()).toBe(true));
  });
});

describe('a receiver that sends alerts', () => {
  /** Starts OpenSSL's server, which rejects certificates in the handshake. Node's closes the connection afterwards. */
  async function startOpenssl(): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'posthorn-tls-'));
    folders.push(folder);
    const { cert, key } = servers.issue('127.0.0.1');
    const files = { cert, key, ca: clients.ca };
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
    const server = spawn(
      'openssl',
      [
        's_server',
        '-accept',
        '0',
        '-cert',
        'cert',
        '-key',
        'key',
        '-CAfile',
        'ca',
        '-Verify',
        '1',
        '-verify_return_error',
        '-www',
      ],
      { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    processes.push(server);
    for await (const line of createInterface(server.stdout)) {
      const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1];
      if (port !== undefined) return `https://127.0.0.1:${port}/`;
    }
    throw new Error('openssl s_server does not listen');
  }

  const processes: ChildProcess[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    for (const server of processes.splice(0)) server.kill('SIGKILL');
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });

  it.each<[name: string, identity: Identity | null, message: RegExp]>([
    ['without a client certificate', null, /requires a client certificate/],
    [
      'with one of another authority',
      createAuthority('Another').issue('client'),
      /rejected the client certificate/,
    ],
    [
      'with an expired one',
      clients.issue('client', { notBefore: new Date('2024-01-01'), notAfter: new Date('2025-01-01') }),
      /rejected the client certificate: it has expired/,
    ],
  ])('rejects requests %s with a code of their own', async (_name, identity, message) => {
    const url = await startOpenssl();
    const profile = identity ? profileOf(identity, 'own') : { key: 'ca', tls: { ca } };
    expect(await loopbackSender().send(post(url, { profile }))).toMatchObject({
      code: 'tls_client_certificate',
      message: expect.stringMatching(message),
    });
  });
});
