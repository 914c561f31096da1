// A delivery in order does not block others for longer than its payload is kept.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startStack, type Stack } from '@posthorn/local';
import { patientClient, type TestServers, testServers } from '@posthorn/testkit';

const LIMIT = 5 * 24 * 60;

let servers: TestServers | undefined;
let stack: Stack;
beforeAll(async () => {
  servers = await testServers();
  const env = { POSTHORN_RETENTION_DAYS: '6', POSTHORN_PAYLOAD_RETENTION_DAYS: '5' };
  stack = await startStack({ ephemeral: true, role: 'all', env, servers });
});
afterAll(async () => {
  await stack.stop();
  await servers?.drop();
});

it('maxBlockedMinutes is at most the retention of payloads', async () => {
  const api = patientClient(stack.apiUrl, stack.adminKey);
  const create = (maxBlockedMinutes: number) =>
    api.post('/v1/webhooks', { url: 'https://receiver.example/', eventTypes: ['*'], maxBlockedMinutes });
  expect(await create(LIMIT)).toMatchObject({ status: 201, body: { maxBlockedMinutes: LIMIT } });
  expect(await create(LIMIT + 1)).toMatchObject({
    status: 422,
    body: { errors: [{ path: 'maxBlockedMinutes', code: 'too_big', params: { limit: LIMIT } }] },
  });
});
