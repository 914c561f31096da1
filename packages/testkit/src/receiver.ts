import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { recordRequest, type RecordedRequest } from './recorded-request.js';

/** `hang` never answers; `reset` cuts the connection. Without a status it is a 200. */
export type Answer =
  { status?: number; headers?: Record<string, string>; body?: string; delayMs?: number } | 'hang' | 'reset';

export type Handler = (request: RecordedRequest) => Answer | Promise<Answer>;

export interface Receiver {
  url: string;
  /** Every request so far, in order of arrival. */
  requests: RecordedRequest[];
  /** Answers all requests from now on with `handler`. */
  handle(handler: Handler): void;
  /**
   * Resolves with all requests as soon as there are so many, or as soon as `enough` says so of them; rejects after
   * `timeoutMs` (5000) with a list of what did come.
   */
  waitFor(
    enough: number | ((requests: RecordedRequest[]) => boolean),
    timeoutMs?: number,
  ): Promise<RecordedRequest[]>;
  /** The requests by their `webhook-id` header, which is the event's id. */
  byEvent(): Map<string, RecordedRequest[]>;
  /** Checks the Standard Webhooks signature of every request; throws at the first that is wrong. */
  verify(secret: string): void;
  /** Cuts all connections. */
  close(): Promise<void>;
}

export interface ReceiverOptions {
  handler?: Handler;
  /** 0, the default, takes a free one. */
  port?: number;
}

/** A real HTTP server on loopback that records what it gets. It answers 200 unless told otherwise. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const requests: RecordedRequest[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  const timers = new Set<NodeJS.Timeout>();
  let handler: Handler = options.handler ?? (() => ({}));

  const receive = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await recordRequest(incoming);
    requests.push(request);
    arrivals.emit('request');
    reply(response, await handler(request), timers);
  };
  const server = createServer((incoming, response) => {
    // The sender hung up, or the test's own handler threw: either way nobody can be answered.
    receive(incoming, response).catch(() => response.destroy());
  });
  const port = await listen(server, options.port ?? 0);

  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    handle: (next) => {
      handler = next;
    },
    waitFor: (enough, timeoutMs = 5000) => waitForRequests({ requests, arrivals, enough, timeoutMs }),
    byEvent: () => groupByEvent(requests),
    verify: (secret) => {
      const webhook = new Webhook(secret);
      for (const request of requests) webhook.verify(request.body, request.headers);
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
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

function reply(response: ServerResponse, answer: Answer, timers: Set<NodeJS.Timeout>): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const send = () => response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? '');
  if (!answer.delayMs) {
    send();
    return;
  }
  const timer = setTimeout(() => {
    timers.delete(timer);
    send();
  }, answer.delayMs);
  timers.add(timer);
}

interface Waiting {
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
}: Waiting): Promise<RecordedRequest[]> {
  const satisfied = typeof enough === 'number' ? () => requests.length >= enough : () => enough(requests);
  const signal = AbortSignal.timeout(timeoutMs);
  while (!satisfied()) {
    await once(arrivals, 'request', { signal }).catch(() => {
      throw new Error(`after ${timeoutMs} ms the receiver has only:\n${summary(requests)}`);
    });
  }
  return requests;
}

function summary(requests: RecordedRequest[]): string {
  if (requests.length === 0) return '  no request at all';
  return requests.map(({ method, path, body }) => `  ${method} ${path} ${body.slice(0, 120)}`).join('\n');
}
