// The receiver, a separate process: responds with 200 and records the first arrival of each delivery. Requests below /hang/ get no
// response until a command releases them; those below /slow/ take 50 ms.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SLOW_MS } from './slow-ms.js';
import { sharedClockMs } from './shared-clock.js';

export type ReceiverCommand =
  /** Forget all arrivals, hang again, and report when `expect` different deliveries have arrived. */
  | { type: 'reset'; expect?: number }
  /** Respond to hanging and later requests. */
  | { type: 'release' }
  /** Listen for HTTPS on this number of additional ports, and report them. */
  | { type: 'listen-tls'; ports: number; cert: string; key: string }
  /** Report the arrivals. */
  | { type: 'report' };

export interface Arrivals {
  /** The webhook-id and the time of each delivery, without those below /hang/. */
  arrivals: [id: string, atMs: number][];
  duplicates: number;
  /** Requests below /hang/ that got no response. */
  hung: number;
  /** TLS handshakes, and whether they resumed a session. */
  handshakes: [atMs: number, resumed: boolean][];
}

const KEEP_ALIVE_MS = 60_000;

const arrivals = new Map<string, number>();
const hanging = new Set<ServerResponse>();
let expected: number | undefined;
let firstAtMs = 0;
let duplicates = 0;
let hangs = true;
let hung = 0;
const handshakes: Arrivals['handshakes'] = [];

function receive(request: IncomingMessage, response: ServerResponse): void {
  request.resume();
  request.on('end', () => {
    if (request.url?.startsWith('/hang/')) hangOrRespond(response);
    else if (request.url?.startsWith('/slow/')) setTimeout(accept, SLOW_MS, request, response);
    else accept(request, response);
  });
}

function accept(request: IncomingMessage, response: ServerResponse): void {
  const atMs = sharedClockMs();
  response.end('ok');
  const id = String(request.headers['webhook-id']);
  if (arrivals.has(id)) {
    duplicates += 1;
    return;
  }
  if (arrivals.size === 0) firstAtMs = atMs;
  arrivals.set(id, atMs);
  if (arrivals.size === expected) process.send?.({ type: 'all', firstAtMs, duplicates });
}

function hangOrRespond(response: ServerResponse): void {
  if (!hangs) {
    response.end('ok');
    return;
  }
  hung += 1;
  hanging.add(response);
  response.on('close', () => hanging.delete(response));
}

function execute(command: ReceiverCommand): void {
  switch (command.type) {
    case 'reset':
      arrivals.clear();
      expected = command.expect;
      duplicates = 0;
      hangs = true;
      hung = 0;
      handshakes.length = 0;
      process.send?.({ type: 'expecting' });
      return;
    case 'release':
      hangs = false;
      for (const response of hanging) response.end('ok');
      return;
    case 'listen-tls':
      void listenTls(command).then((ports) => process.send?.({ type: 'listening-tls', ports }));
      return;
    case 'report':
      process.send?.({ type: 'arrivals', arrivals: [...arrivals], duplicates, hung, handshakes });
  }
}

async function listenTls({
  ports,
  cert,
  key,
}: Extract<ReceiverCommand, { type: 'listen-tls' }>): Promise<number[]> {
  const listening = Array.from({ length: ports }, async () => {
    const secure = createSecureServer({ cert, key, keepAliveTimeout: KEEP_ALIVE_MS }, receive);
    secure.on('secureConnection', (socket: TLSSocket) =>
      handshakes.push([sharedClockMs(), socket.isSessionReused()]),
    );
    secure.listen(0, '127.0.0.1');
    await once(secure, 'listening');
    return portOf(secure.address());
  });
  return Promise.all(listening);
}

const portOf = (address: string | AddressInfo | null): number =>
  typeof address === 'object' && address ? address.port : 0;

process.on('message', execute);
process.on('disconnect', () => process.exit());

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, receive);
server.listen(0, '127.0.0.1', () => process.send?.({ type: 'listening', port: portOf(server.address()) }));
