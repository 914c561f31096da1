import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createAuthority, eventually } from '@posthorn/testkit';
import { probeServer } from '../src/connection/probe-server.js';
import { useDatabase } from './fixtures/use-database.js';

const db = useDatabase();
const servers: Server[] = [];
const sockets: Socket[] = [];

/** Enough for a probe to be answered on any machine. */
const PATIENT_MS = 60_000;

afterEach(() => {
  jest.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** Starts a server, and returns its address as a database, by its IP address. */
async function serve(accept: (socket: Socket) => unknown): Promise<string> {
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    accept(socket);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `postgresql://probe:probe@127.0.0.1:${(server.address() as AddressInfo).port}/probe`;
}

type LookupCallback = (error: Error) => void;

const probe = (connectionString: string, timeoutMs: number) => probeServer({ connectionString }, timeoutMs);

const serveTls = async (accept: (socket: Socket) => unknown) => `${await serve(accept)}?sslmode=verify-full`;

const silent = () => serve(() => {});

/** Responds to the request for TLS, and then with a certificate that nobody knows. */
function respondWithUnknownCertificate(socket: Socket): void {
  socket.once('data', () => {
    socket.write('S');
    const identity = createAuthority().issue('127.0.0.1');
    new TLSSocket(socket, { isServer: true, ...identity }).on('error', () => {});
  });
}

it('names the server that answers', async () => {
  const { rows } = await db.pool.query(
    'SELECT extract(epoch FROM pg_postmaster_start_time())::text AS server',
  );
  expect(await probe(db.url, PATIENT_MS)).toEqual(rows[0]);
});

it('finds a server silent that accepts a connection and sends nothing', async () => {
  expect(await probe(await silent(), 100)).toBe('silent');
});

describe('says nothing about other connections', () => {
  it.each<[string, () => Promise<string>]>([
    ['when the connection is closed, as by a proxy beyond its limit', () => serve((socket) => socket.end())],
    [
      'when no one listens',
      async () => {
        const url = await silent();
        servers[0]?.close();
        return url;
      },
    ],
    ['when the name is unknown', () => Promise.resolve('postgresql://probe:probe@posthorn.invalid/probe')],
    ['when the server has no TLS', () => serveTls((socket) => socket.once('data', () => socket.write('N')))],
    ['when the certificate is unknown', () => serveTls(respondWithUnknownCertificate)],
  ])('%s', async (_name, start) => {
    expect(await probe(await start(), PATIENT_MS)).toBe('inconclusive');
  });

  it.each<[string, (done: LookupCallback) => void]>([
    [
      'when the process has no file descriptors left',
      (done) => done(Object.assign(new Error('too many open files'), { code: 'EMFILE' })),
    ],
    ['while the look-up of its name gets no response', () => {}],
  ])('%s', async (_name, respond) => {
    const lookup = (_host: string, _options: object, done: LookupCallback) => respond(done);
    jest.spyOn(dns, 'lookup').mockImplementation(lookup as typeof dns.lookup);
    expect(await probe('postgresql://probe:probe@localhost/probe', 500)).toBe('inconclusive');
  });

  it('when it is a replica', async () => {
    const readOnly = { connectionString: db.url, options: '-c default_transaction_read_only=on' };
    expect(await probeServer(readOnly, PATIENT_MS)).toBe('inconclusive');
  });

  it('when it is a pooler, which may have no free connection', async () => {
    expect(await probe(`${db.url}?pgbouncer=true`, PATIENT_MS)).toBe('inconclusive');
  });

  it('when this process was paused meanwhile', async () => {
    const result = probe(db.url, 3000);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3500);
    expect(await result).toEqual({ server: expect.any(String) });
  });
});

/** The connections that keep the event loop running. */
const countConnections = () =>
  process.getActiveResourcesInfo().filter((type) => type === 'TCPSocketWrap' || type === 'ConnectWrap')
    .length;

it('keeps no process alive', async () => {
  const before = countConnections();
  const url = await serve((socket) => socket.unref());
  const accepted = once(servers[0] as Server, 'connection');
  const result = probe(url, PATIENT_MS);
  const [socket] = (await accepted) as [Socket];
  await eventually(() => expect(countConnections()).toBeLessThanOrEqual(before));
  socket.destroy();
  expect(await result).toBe('inconclusive');
});
