import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { startCanary } from '../src/index.js';

it('a canary counts connections, but not its own', async () => {
  const canary = await startCanary();
  expect(await canary.hits()).toBe(0);
  // The test does not wait for these connections: hits() must count them anyway.
  const clients = ['127.0.0.1', '127.0.0.2'].map((host) => connect(canary.port, host));
  expect(await canary.hits()).toBe(2);
  for (const client of clients) if (!client.closed) await once(client.resume(), 'close');
  expect(await canary.hits()).toBe(2);
  await canary.close();
});
