import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { TlsOptions } from 'node:tls';
import { Webhook } from 'standardwebhooks';
import { recordRequest, type RecordedRequest } from './recorded-request.js';

/** `hang` never responds; `reset` resets the connection. The default status is 200. */
export type ReceiverResponse =
  | { status?: number; headers?: Record<string, string>; body?: string; delayMs?: number }
  | 'hang'
  | 'reset';

export type Handler = (request: RecordedRequest) => ReceiverResponse | Promise<ReceiverResponse>;

export interface Receiver {
  url: string;
  /** All requests so far, in order of arrival. */
  requests: RecordedRequest[];
  /** Uses `handler` for all requests from now on. */
  handle(handler: Handler): void;
  /**
   * Resolves with all requests once there are `enough` of them, or once the predicate `enough` holds. Rejects after
   * `timeoutMs` (30,000) with a list of the requests so far.
   */
  waitFor(
    enough: number | ((requests: RecordedRequest[]) => boolean),
    timeoutMs?: number,
  ): Promise<RecordedRequest[]>;
  /** Groups the requests by their `webhook-id` header, the event's id. */
  byEvent(): Map<string, RecordedRequest[]>;
  /** Verifies the Standard Webhooks signature of every request; throws at the first invalid one. */
  verify(secret: string): void;
  /** The number of requests that wait for their response. */
  inFlight(): number;
  /** Refuses new connections and breaks the existing ones, like a machine that goes down. */
  disconnect(): Promise<void>;
  /** Listens on the same port again after `disconnect`. */
  reconnect(): Promise<void>;
  isConnected(): boolean;
  /** Closes all connections. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 3_600_000;

export interface ReceiverOptions {
  handler?: Handler;
  /** Makes it an https server. */
  tls?: TlsOptions;
  /** 0, the default, picks a free port. */
  port?: number;
}

/** Starts an HTTP server on loopback that records its requests. It responds with 200 unless `handler` decides otherwise. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const requests: RecordedRequest[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  const timers = new Set<NodeJS.Timeout>();
  const open = new Set<ServerResponse>();
  let handler: Handler = options.handler ?? (() => ({}));

  const receive = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await recordRequest(incoming);
    requests.push(request);
    arrivals.emit('request');
    open.add(response);
    response.on('close', () => open.delete(response));
    send(response, await handler(request), timers);
  };
  const onRequest = (incoming: IncomingMessage, response: ServerResponse): void => {
    // The sender closed the connection, or the test's handler threw: no response can be sent.
    receive(incoming, response).catch(() => response.destroy());
  };
  const server: Server = options.tls ? createSecureServer(options.tls, onRequest) : createServer(onRequest);
  // Idle connections stay open: a request on a connection that is being closed would be sent twice.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const port = await listen(server, options.port ?? 0);

  async function disconnect(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}/`,
    requests,
    handle: (next) => {
      handler = next;
    },
    waitFor: (enough, timeoutMs = 30_000) => waitForRequests({ requests, arrivals, enough, timeoutMs }),
    byEvent: () => groupByEvent(requests),
    verify: (secret) => {
      const webhook = new Webhook(secret);
      for (const request of requests) webhook.verify(request.body, request.headers);
    },
    inFlight: () => open.size,
    disconnect,
    reconnect: async () => void (await listen(server, port)),
    isConnected: () => server.listening,
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      await disconnect();
    },
  };
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return address.port;
}

function groupByEvent(requests: RecordedRequest[]): Map<string, RecordedRequest[]> {
  const groups = new Map<string, RecordedRequest[]>();
  for (const request of requests) {
    const id = request.headers['webhook-id'] ?? '';
    groups.set(id, [...(groups.get(id) ?? []), request]);
  }
  return groups;
}

function send(response: ServerResponse, reply: ReceiverResponse, timers: Set<NodeJS.Timeout>): void {
  if (reply === 'hang') return;
  if (reply === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const respond = () => response.writeHead(reply.status ?? 200, reply.headers).end(reply.body ?? '');
  if (!reply.delayMs) {
    respond();
    return;
  }
  const timer = setTimeout(() => {
    timers.delete(timer);
    respond();
  }, reply.delayMs);
  timers.add(timer);
}

interface WaitOptions {
  requests: RecordedRequest[];
  arrivals: EventEmitter;
  enough: number | ((requests: RecordedRequest[]) => boolean);
  timeoutMs: number;
}

async function waitForRequests({
  requests,
  arrivals,
  enough,
  timeoutMs,
}: WaitOptions): Promise<RecordedRequest[]> {
  const satisfied = typeof enough === 'number' ? () => requests.length >= enough : () => enough(requests);
  const signal = AbortSignal.timeout(timeoutMs);
  while (!satisfied()) {
    await once(arrivals, 'request', { signal }).catch(() => {
      throw new Error(`after ${timeoutMs} ms the receiver has received only:\n${summary(requests)}`);
    });
  }
  return requests;
}

function summary(requests: RecordedRequest[]): string {
  if (requests.length === 0) return '  no requests';
  return requests.map(({ method, path, body }) => `  ${method} ${path} ${body.slice(0, 120)}`).join('\n');
}
