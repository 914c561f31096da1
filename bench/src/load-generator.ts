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
}

export interface LoadResult {
  /** On the shared clock, in milliseconds. */
  startedMs: number;
  posts: Post[];
}

/** One POST: the index of its event type, its times on the shared clock, and the event's id, or null if it was rejected. */
export type Post = [type: number, dueMs: number, sentMs: number, respondedMs: number, id: string | null];

type Send = (type: number, dueMs: number) => Promise<Post>;

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

function sender({ url, key, connections, eventTypes }: LoadRequest): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = eventTypes.map((type) => Buffer.from(JSON.stringify({ type, data: eventData() })));
  const target = new URL(url);
  const base = { host: target.hostname, port: target.port, path: target.pathname, method: 'POST', agent };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return (type, dueMs) =>
    new Promise((resolve) => {
      const sentMs = sharedClockMs();
      const body = bodies[type];
      const options = { ...base, headers: { ...headers, 'content-length': body?.length } };
      const outgoing = request(options, (response) => {
        const respondedMs = sharedClockMs();
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const id = response.statusCode === 202 ? String(JSON.parse(text).id) : null;
          resolve([type, dueMs, sentMs, respondedMs, id]);
        });
      });
      outgoing.on('error', () => resolve([type, dueMs, sentMs, sharedClockMs(), null]));
      outgoing.end(body);
    });
}

async function sendClosedLoop(send: Send, order: LoadRequest): Promise<Post[]> {
  const posts: Post[] = [];
  let next = 0;
  async function connection(): Promise<void> {
    for (let index = next++; index < order.count; index = next++) {
      posts.push(await send(index % order.eventTypes.length, sharedClockMs()));
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
  const dueMs = (index: number) => order.startedMs + (index * 1000) / order.perSecond;
  while (posts.length < order.count) {
    const now = sharedClockMs();
    while (posts.length < order.count && dueMs(posts.length) <= now) {
      posts.push(send(posts.length % order.eventTypes.length, dueMs(posts.length)));
    }
    await sleep(1);
  }
  return Promise.all(posts);
}
