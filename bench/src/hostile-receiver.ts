// Receivers whose TLS handshakes cost much, in a process of its own. Each kind has a port. Except where it says so, they respond with 200,
// close the connection and resume no session, so that each request needs a handshake.
import { constants, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { type Authority, createAuthority } from '@posthorn/testkit';
import { alternativeNames, costlyChain, nameConstraints } from '@posthorn/testkit/hostile-certificates';
import { longExponentKey } from '@posthorn/testkit/hostile-keys';
import { HOSTILE_KINDS, type HostileKind, type HostileReceivers } from './hostile-kinds.js';

const HOST = '127.0.0.1';

/** Below this authority, which the webhooks trust. */
const ROOT = createAuthority('Hostile root');

/** Returns a server's certificate below a chain of intermediate certificates, all of which it sends. */
function below(length: number, issueNext: (issuer: Authority, name: string) => Authority): TlsOptions {
  const issuers = [ROOT];
  for (let index = 1; index <= length; index += 1)
    issuers.unshift(issueNext(issuers[0] ?? ROOT, `Authority ${index}`));
  const { cert, key } = (issuers[0] ?? ROOT).issue(HOST);
  return { key, cert: cert + issuers.map(({ ca }) => ca).join('') };
}

const onCurve = () => generateKeyPairSync('ec', { namedCurve: 'sect571r1' }).privateKey;

function respond(socket: TLSSocket): void {
  socket.on('error', () => {});
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'));
}

/** No session can be resumed. */
const listening = (options: TlsOptions, onConnection: (socket: TLSSocket) => void = respond): Server =>
  createTlsServer(
    { ...options, maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET },
    onConnection,
  ).on('tlsClientError', () => {});

/** Starts the handshake again and again, and never responds. */
function renegotiate(socket: TLSSocket): void {
  socket.on('error', () => {});
  const again = () => void socket.renegotiate({}, (error) => (error ? socket.destroy() : again()));
  socket.once('data', again);
}

/** Sends the start of a handshake byte by byte. */
function dribble(socket: Socket): void {
  const timer = setInterval(() => socket.write(Buffer.of(0x16)), 1000);
  socket.on('error', () => {});
  socket.on('close', () => clearInterval(timer));
  socket.resume();
}

const exponentKey = longExponentKey();

const SERVERS: Record<HostileKind, Server> = {
  'unusual curve': listening(below(24, (issuer, name) => issuer.intermediate(name, onCurve()))),
  'name constraints': listening(
    below(3, (issuer, name) =>
      issuer.intermediate(name, undefined, [nameConstraints(0, 380), alternativeNames(250)]),
    ),
  ),
  'long exponents': listening(below(10, (issuer, name) => issuer.intermediate(name, exponentKey))),
  '60 certificates': listening(costlyChain(HOST, 60)),
  renegotiation: listening(ROOT.issue(HOST), renegotiate),
  '1 byte a second': createTcpServer(dribble),
};

async function listen(): Promise<HostileReceivers> {
  const ports = HOSTILE_KINDS.map(async (kind) => {
    const server = SERVERS[kind].listen(0, HOST);
    await once(server, 'listening');
    const address = server.address();
    return [kind, typeof address === 'object' && address ? address.port : 0] as const;
  });
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- fromEntries forgets the keys
    ports: Object.fromEntries(await Promise.all(ports)) as Record<HostileKind, number>,
    ca: ROOT.ca,
  };
}

process.on('disconnect', () => process.exit());
process.send?.({ type: 'listening', ...(await listen()) });
