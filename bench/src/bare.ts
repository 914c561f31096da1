// The baseline, in a process of its own: got with keep-alive and 128 requests in flight, posting signed bodies. No queue,
// no database. Told `{url, count}`, it answers with the milliseconds it took.
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
  async function lane(): Promise<void> {
    for (let request = requests[next++]; request; request = requests[next++]) {
      await got.post(url, { ...request, agent, retry: { limit: 0 }, timeout: { request: 10_000 } });
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return performance.now() - startedAt;
}

process.on('message', ({ url, count }: { url: string; count: number }) => {
  void run(url, count).then((durationMs) => process.send?.({ type: 'done', durationMs }));
});
process.on('disconnect', () => process.exit());
process.send?.({ type: 'ready' });
