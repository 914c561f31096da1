// The baseline, a separate process: got with keep-alive and 128 requests in flight POSTs signed bodies, without queue and database.
// On the message `{url, count}` it sends them and replies with the duration in milliseconds. With `perSecond` it sends them at that
// rate and replies with the time of each on the shared clock.
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { base64Secret, newSigningSecret, signatureHeaders } from '@posthorn/core';
import { got } from 'got';
import { eventBody } from './payload.js';
import { sharedClockMs } from './shared-clock.js';

const IN_FLIGHT = 128;

export interface BareRequest {
  url: string;
  count: number;
  perSecond?: number;
}

/** When each event, by its id, was sent. */
export type Sent = [id: string, sentMs: number][];

function prepare({ url, count }: BareRequest): (() => Promise<unknown>)[] {
  const agent = { http: new Agent({ keepAlive: true, maxSockets: IN_FLIGHT }) };
  const keys = { secrets: [base64Secret(newSigningSecret())], privateKeys: [] };
  return Array.from({ length: count }, (_, index) => {
    const id = idOf(index);
    const body = eventBody(id);
    const headers = {
      'content-type': 'application/json',
      ...signatureHeaders({ id, timestamp: new Date(), body, keys }),
    };
    return () => got.post(url, { body, headers, agent, retry: { limit: 0 }, timeout: { request: 10_000 } });
  });
}

const idOf = (index: number): string => `evt_bare_${index}`;

async function sendAll(requests: (() => Promise<unknown>)[]): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  async function connection(): Promise<void> {
    for (let request = requests[next++]; request; request = requests[next++]) await request();
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, connection));
  return performance.now() - startedAt;
}

async function sendSteadily(requests: (() => Promise<unknown>)[], perSecond: number): Promise<Sent> {
  const startedMs = sharedClockMs();
  const sent: Sent = [];
  const responses: Promise<unknown>[] = [];
  for (const [index, request] of requests.entries()) {
    while (startedMs + (index * 1000) / perSecond > sharedClockMs()) await sleep(1);
    sent.push([idOf(index), sharedClockMs()]);
    responses.push(request());
  }
  await Promise.all(responses);
  return sent;
}

async function run(order: BareRequest): Promise<object> {
  const requests = prepare(order);
  process.send?.({ type: 'prepared' });
  if (order.perSecond === undefined) return { durationMs: await sendAll(requests) };
  return { sent: await sendSteadily(requests, order.perSecond) };
}

process.on('message', (order: BareRequest) => {
  void run(order).then((result) => process.send?.({ type: 'done', ...result }));
});
process.on('disconnect', () => process.exit());
process.send?.({ type: 'ready' });
