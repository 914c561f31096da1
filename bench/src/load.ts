// The load generator, in a process of its own: single POSTs of events over keep-alive connections, with node:http because it
// costs a third of got.
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventData } from './payload.js';
import { sharedClockMs } from './shared-clock.js';

export interface LoadOrder {
  /** Where to POST, with which key. */
  url: string;
  key: string;
  connections: number;
  /** Taken in turn. */
  eventTypes: string[];
  count: number;
  /** Null: as fast as the connections answer. Else each POST has its time, whatever became of those before it. */
  perSecond: number | null;
}

export interface LoadDone {
  /** On the shared clock. */
  startedMs: number;
  posts: Post[];
}

/** One POST: the index of its event type, its times on the shared clock, and the event's id, or null when it was not taken. */
export type Post = [type: number, dueMs: number, sentMs: number, answeredMs: number, id: string | null];

type Send = (type: number, dueMs: number) => Promise<Post>;

process.on('message', (order: LoadOrder) => {
  const send = sender(order);
  const startedMs = sharedClockMs();
  const work =
    order.perSecond === null
      ? asFastAsAnswered(send, order)
      : atItsTime(send, { ...order, startedMs, perSecond: order.perSecond });
  void work.then((posts) => process.send?.({ type: 'done', startedMs, posts }));
});
process.on('disconnect', () => process.exit());
process.send?.({ type: 'ready' });

function sender({ url, key, connections, eventTypes }: LoadOrder): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const bodies = eventTypes.map((type) => Buffer.from(JSON.stringify({ type, data: eventData() })));
  const target = new URL(url);
  const fixed = { host: target.hostname, port: target.port, path: target.pathname, method: 'POST', agent };
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return (type, dueMs) =>
    new Promise((resolve) => {
      const sentMs = sharedClockMs();
      const body = bodies[type];
      const options = { ...fixed, headers: { ...headers, 'content-length': body?.length } };
      const outgoing = request(options, (response) => {
        const answeredMs = sharedClockMs();
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          const id = response.statusCode === 202 ? String(JSON.parse(text).id) : null;
          resolve([type, dueMs, sentMs, answeredMs, id]);
        });
      });
      outgoing.on('error', () => resolve([type, dueMs, sentMs, sharedClockMs(), null]));
      outgoing.end(body);
    });
}

async function asFastAsAnswered(send: Send, order: LoadOrder): Promise<Post[]> {
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

async function atItsTime(
  send: Send,
  order: LoadOrder & { startedMs: number; perSecond: number },
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
