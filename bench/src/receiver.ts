// A receiver in a process of its own: answers 200 and remembers when each delivery came first. Below /hang/ it never answers,
// until it is told to let go.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { sharedClockMs } from './shared-clock.js';

export type ReceiverOrder =
  /** Forget everything, hang again, and say when `expect` different deliveries have arrived. */
  | { type: 'reset'; expect?: number }
  /** Answer what hangs and whatever still comes. */
  | { type: 'let go' }
  /** Tell what has arrived. */
  | { type: 'tell' };

export interface Arrivals {
  /** The webhook-id and the moment of each delivery that came, those below /hang/ left out. */
  arrivals: [id: string, atMs: number][];
  duplicates: number;
  /** Requests below /hang/ that got no answer. */
  hung: number;
}

const arrivals = new Map<string, number>();
const hanging = new Set<ServerResponse>();
let expected: number | undefined;
let firstAtMs = 0;
let duplicates = 0;
let hangs = true;
let hung = 0;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    if (request.url?.startsWith('/hang/')) hangOrAnswer(response);
    else take(request, response);
  });
});

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
      process.send?.({ type: 'expecting' });
      return;
    case 'let go':
      hangs = false;
      for (const response of hanging) response.end('ok');
      return;
    case 'tell':
      process.send?.({ type: 'arrivals', arrivals: [...arrivals], duplicates, hung });
  }
}

process.on('message', follow);
process.on('disconnect', () => process.exit());

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ type: 'listening', port: typeof address === 'object' && address ? address.port : 0 });
});
