import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from '@jest/globals';
import { startCanary } from '../src/index.js';

it('a canary counts who comes, but not itself', async () => {
  const canary = await startCanary();
  expect(await canary.hits()).toBe(0);
  // Not waited for: it counts all the same.
  const visitors = ['127.0.0.1', '127.0.0.2'].map((host) => connect(canary.port, host));
  expect(await canary.hits()).toBe(2);
  for (const visitor of visitors) if (!visitor.closed) await once(visitor.resume(), 'close');
  expect(await canary.hits()).toBe(2);
  await canary.close();
});
