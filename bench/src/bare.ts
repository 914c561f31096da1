// The baseline, a separate process: got with keep-alive and 128 requests in flight POSTs signed bodies, without queue and database.
// On the message `{url, count}` it sends them and replies with the duration in milliseconds.
import { Agent } from 'node:http';
import { newSigningSecret, signatureHeaders } from '@posthorn/core';
import { got } from 'got';
import { eventBody } from './payload.js';

const IN_FLIGHT = 128;

async function run(url: string, count: number): Promise<number> {
  const agent = { http: new Agent({ keepAlive: true, maxSockets: IN_FLIGHT }) };
  const secrets = [newSigningSecret()];
  const requests = Array.from({ length: count }, (_, index) => {
    const id = `evt_bare_${index}`;
    const body = eventBody(id);
    return {
      body,
      headers: {
        'content-type': 'application/json',
        ...signatureHeaders({ id, timestamp: new Date(), body, secrets }),
      },
    };
  });

  const startedAt = performance.now();
  let next = 0;
  async function connection(): Promise<void> {
    for (let request = requests[next++]; request; request = requests[next++]) {
      await got.post(url, { ...request, agent, retry: { limit: 0 }, timeout: { request: 10_000 } });
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, connection));
  return performance.now() - startedAt;
}

process.on('message', ({ url, count }: { url: string; count: number }) => {
  void run(url, count).then((durationMs) => process.send?.({ type: 'done', durationMs }));
});
process.on('disconnect', () => process.exit());
process.send?.({ type: 'ready' });
