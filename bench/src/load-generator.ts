// The load generator, a separate process: POSTs single events over keep-alive connections. It uses node:http, which needs a third of
// got's CPU time.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventData } from './payload.js';
import { sharedClockMs } from './shared-clock.js';

export interface LoadRequest {
  /** The endpoint and the API key. */
  url: string;
  key: string;
  connections: number;
  /** Used in turn. */
  eventTypes: string[];
  count: number;
  /** Null for a closed loop, as fast as responses arrive. Otherwise an open loop: each POST has its time. */
  perSecond: number | null;
  /** Ends the load after this time. Default: when `count` events are sent. */
  maxSeconds?: number;
  /** Skips the POSTs of an open loop that are due while every connection is busy, instead of sending them late. */
  skipWhenBusy?: boolean;
  /** Stores the number of each event in its data, starting with this one. */
  firstNumber?: number;
  /** Gives the events this number of ordering keys in turn. */
  orderingKeys?: number;
}

export interface LoadResult {
  /** On the shared clock, in milliseconds. */
  startedMs: number;
  posts: Post[];
}

/** One POST: the index of its event type, its times on the shared clock, the event's id, or null if it was rejected, the status, or 0. */
export type Post = [
  type: number,
  dueMs: number,
  sentMs: number,
  respondedMs: number,
  id: string | null,
  status: number,
  number: number,
];

const DATA = eventData();

/** Sends the event with this index. */
type Send = (index: number, dueMs: number) => Promise<Post>;

process.on('message', (order: LoadRequest) => {
  const send = sender(order);
  const startedMs = sharedClockMs();
  const work =
    order.perSecond === null
      ? sendClosedLoop(send, order)
      : sendOpenLoop(send, { ...order, startedMs, perSecond: order.perSecond });
  void work.then((posts) => process.send?.({ type: 'done', startedMs, posts }));
});
process.on('disconnect', () => process.exit());
process.send?.({ type: 'ready' });

function sender({ url, key, connections, eventTypes, firstNumber, orderingKeys }: LoadRequest): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = eventTypes.map((type) => Buffer.from(JSON.stringify({ type, data: eventData() })));
  const bodyOf = (index: number): Buffer | undefined => {
    if (firstNumber === undefined && orderingKeys === undefined) return bodies[index % eventTypes.length];
    const type = eventTypes[index % eventTypes.length];
    const data = firstNumber === undefined ? DATA : { ...DATA, number: firstNumber + index };
    const orderingKey = orderingKeys === undefined ? undefined : `key-${index % orderingKeys}`;
    return Buffer.from(JSON.stringify({ type, data, orderingKey }));
  };
  const target = new URL(url);
  const base = { host: target.hostname, port: target.port, path: target.pathname, method: 'POST', agent };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return (index, dueMs) =>
    new Promise((resolve) => {
      const type = index % eventTypes.length;
      const number = (firstNumber ?? 0) + index;
      const body = bodyOf(index);
      const sentMs = sharedClockMs();
      const options = { ...base, headers: { ...headers, 'content-length': body?.length } };
      const outgoing = request(options, (response) => {
        const respondedMs = sharedClockMs();
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const { statusCode = 0 } = response;
          const id = statusCode === 202 ? String(JSON.parse(text).id) : null;
          resolve([type, dueMs, sentMs, respondedMs, id, statusCode, number]);
        });
      });
      outgoing.on('error', () => resolve([type, dueMs, sentMs, sharedClockMs(), null, 0, number]));
      outgoing.end(body);
    });
}

async function sendClosedLoop(send: Send, order: LoadRequest): Promise<Post[]> {
  const posts: Post[] = [];
  const endMs = sharedClockMs() + (order.maxSeconds ?? Infinity) * 1000;
  let next = 0;
  async function connection(): Promise<void> {
    for (let index = next++; index < order.count && sharedClockMs() < endMs; index = next++) {
      posts.push(await send(index, sharedClockMs()));
    }
  }
  await Promise.all(Array.from({ length: order.connections }, connection));
  return posts;
}

async function sendOpenLoop(
  send: Send,
  order: LoadRequest & { startedMs: number; perSecond: number },
): Promise<Post[]> {
  const posts: Promise<Post>[] = [];
  const endMs = order.startedMs + (order.maxSeconds ?? Infinity) * 1000;
  const dueMs = (index: number) => order.startedMs + (index * 1000) / order.perSecond;
  let inFlight = 0;
  const sendCounted = async (index: number): Promise<Post> => {
    inFlight += 1;
    const post = await send(index, dueMs(index));
    inFlight -= 1;
    return post;
  };
  for (let index = 0, now = sharedClockMs(); index < order.count && now < endMs; now = sharedClockMs()) {
    for (; index < order.count && dueMs(index) <= now; index += 1) {
      if (!order.skipWhenBusy || inFlight < order.connections) posts.push(sendCounted(index));
    }
    // At a low rate, a wake-up for each POST instead of each millisecond.
    await sleep(Math.max(1, dueMs(index) - sharedClockMs()));
  }
  return Promise.all(posts);
}
