// A receiver in a process of its own: answers 200 and remembers when each delivery came first. Below /hang/ it never answers,
// until it is told to let go; below /slow/ it takes 50 ms.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { sharedClockMs } from './shared-clock.js';

export type ReceiverOrder =
  /** Forget everything, hang again, and say when `expect` different deliveries have arrived. */
  | { type: 'reset'; expect?: number }
  /** Answer what hangs and whatever still comes. */
  | { type: 'let go' }
  /** Listen for https on so many ports more, with this certificate, and say which. */
  | { type: 'secure'; ports: number; cert: string; key: string }
  /** Tell what has arrived. */
  | { type: 'tell' };

export interface Arrivals {
  /** The webhook-id and the moment of each delivery that came, those below /hang/ left out. */
  arrivals: [id: string, atMs: number][];
  duplicates: number;
  /** Requests below /hang/ that got no answer. */
  hung: number;
  /** Of connections by TLS, and whether they went on with a session from before. */
  handshakes: [atMs: number, resumed: boolean][];
}

/** How long an answer below /slow/ takes, in milliseconds. */
const SLOW_MS = 50;

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
    if (request.url?.startsWith('/hang/')) hangOrAnswer(response);
    else if (request.url?.startsWith('/slow/')) setTimeout(take, SLOW_MS, request, response);
    else take(request, response);
  });
}

function take(request: IncomingMessage, response: ServerResponse): void {
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

function hangOrAnswer(response: ServerResponse): void {
  if (!hangs) {
    response.end('ok');
    return;
  }
  hung += 1;
  hanging.add(response);
  response.on('close', () => hanging.delete(response));
}

function follow(order: ReceiverOrder): void {
  switch (order.type) {
    case 'reset':
      arrivals.clear();
      expected = order.expect;
      duplicates = 0;
      hangs = true;
      hung = 0;
      handshakes.length = 0;
      process.send?.({ type: 'expecting' });
      return;
    case 'let go':
      hangs = false;
      for (const response of hanging) response.end('ok');
      return;
    case 'secure':
      void listenSecurely(order).then((ports) => process.send?.({ type: 'secured', ports }));
      return;
    case 'tell':
      process.send?.({ type: 'arrivals', arrivals: [...arrivals], duplicates, hung, handshakes });
  }
}

async function listenSecurely({
  ports,
  cert,
  key,
}: Extract<ReceiverOrder, { type: 'secure' }>): Promise<number[]> {
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

process.on('message', follow);
process.on('disconnect', () => process.exit());

const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, receive);
server.listen(0, '127.0.0.1', () => process.send?.({ type: 'listening', port: portOf(server.address()) }));
