// Real requests to a server with entity tags.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Receiver, startReceiver } from '@posthorn/testkit';
import { etagOf, Posthorn, PosthornError } from '../src/index.js';

let server: Receiver;

beforeAll(async () => {
  server = await startReceiver({
    handler: ({ method, headers }) => {
      const isRefused = method !== 'GET' && headers['if-match'] !== '"1"';
      const type = isRefused ? 'application/problem+json' : 'application/json';
      const body = isRefused
        ? { title: 'changed', status: 412, code: 'precondition_failed' }
        : { id: 'wh_1' };
      return {
        status: isRefused ? 412 : 200,
        headers: { 'content-type': type, etag: '"1"' },
        body: JSON.stringify(body),
      };
    },
  });
});

afterAll(async () => {
  await server?.close();
});

it('changes a resource only if it has the entity tag of the one that was read', async () => {
  const { webhooks, tenants } = new Posthorn({ apiKey: 'phk_1', baseUrl: server.url });
  const webhook = await webhooks.get('wh_1');
  const ifMatch = etagOf(webhook);
  expect(ifMatch).toBe('"1"');
  const updated = await webhooks.update('wh_1', { description: 'changed' }, { ifMatch });
  await webhooks.delete('wh_1', { ifMatch: etagOf(updated) });
  await tenants.put('ext:a', { name: 'a' }, { ifMatch });

  const refused = webhooks.update('wh_1', {}, { ifMatch: '"2"' });
  await expect(refused).rejects.toThrow(PosthornError);
  await expect(refused).rejects.toMatchObject({ code: 'precondition_failed', status: 412 });
  expect(etagOf({ id: 'wh_1' })).toBeUndefined();
});
