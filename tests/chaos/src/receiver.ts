import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';

/** One request as a receiver had it. Times are in milliseconds of this process's monotonic clock. */
export interface Arrival {
  eventId: string;
  /** When its headers were in. */
  startedAt: number;
  /** When it was answered with a 2xx; null: it was refused, or cut off before. */
  takenAt: number | null;
}

/** A customer's server. It confirms its validation by itself. */
export interface Receiver {
  url: string;
  /** By the number of the event. */
  arrivals: Map<number, Arrival[]>;
  /** Requests that wait for their answer. */
  open(): number;
  /** Refuses connections and breaks those that there are, as when a machine goes down. */
  cutOff(): Promise<void>;
  back(): Promise<void>;
  close(): Promise<void>;
}

interface Body {
  id: string;
  type: string;
  data: { n: number; code?: string };
}

export interface ReceiverOptions {
  /** How long it takes to answer, in milliseconds. */
  latencyMs: () => number;
  /** Whether it answers this request with a 503. */
  fails?: () => boolean;
}

export async function startReceiver({ latencyMs, fails = () => false }: ReceiverOptions): Promise<Receiver> {
  const arrivals = new Map<number, Arrival[]>();
  const open = new Set<ServerResponse>();

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const { id, type, data } = (await json(request)) as Body;
    if (type === 'webhook.validation') {
      response.end(JSON.stringify({ code: data.code }));
      return;
    }
    const arrival: Arrival = { eventId: id, startedAt, takenAt: null };
    arrivals.set(data.n, [...(arrivals.get(data.n) ?? []), arrival]);
    open.add(response);
    response.on('close', () => open.delete(response));
    setTimeout(() => answer(response, arrival), latencyMs());
  }

  function answer(response: ServerResponse, arrival: Arrival): void {
    // The sender may have gone meanwhile; a receiver takes the event all the same. One that was cut off has lost it.
    if (response.destroyed && !server.listening) return;
    if (fails()) {
      response.writeHead(503).end();
      return;
    }
    arrival.takenAt = performance.now();
    response.end('ok');
  }

  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy());
  });
  // Idle connections stay, so that no request is made twice because one was closed as it was used again.
  server.keepAliveTimeout = 3_600_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;

  async function cutOff(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    url: `http://127.0.0.1:${port}/`,
    arrivals,
    open: () => open.size,
    cutOff,
    async back() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    close: cutOff,
  };
}
