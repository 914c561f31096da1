import { expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { eventually } from '@posthorn/testkit';
import type { CheckedClient } from './checked-client.js';
import { createWebhook } from './create-webhook.js';
import { useApi, useReceiver } from './use-api.js';

const CALLS = 40;
const MOST_IN_PROGRESS = 20;

const api = useApi({ callLimits: { perTenant: MOST_IN_PROGRESS, perKey: 1000 } });
const receiver = useReceiver(api);

async function newTenant(name: string): Promise<CheckedClient> {
  const { body } = await api.admin.post('/v1/tenants', { name });
  return api.client(body.key);
}

/** Locks the row of a webhook while `work` runs. */
async function whileLocked(webhookId: string, work: () => Promise<void>): Promise<void> {
  const client = await api.deps.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT FROM webhook WHERE id = $1 FOR UPDATE', [decodeId('webhook', webhookId)]);
    await work();
  } finally {
    await client.query('COMMIT');
    client.release();
  }
}

it('many changes of a locked webhook delay neither the calls nor the events of others', async () => {
  const [busy, other] = [await newTenant('busy'), await newTenant('other')];
  const locked = await createWebhook(busy, receiver);
  const { id } = await createWebhook(other, receiver);
  const event = { type: 'a.b', data: {} };
  let changes: Promise<{ status: number }[]> = Promise.resolve([]);
  let refusedChanges = 0;
  const change = async (description: string) => {
    const response = await busy.patch(`/v1/webhooks/${locked.id}`, { description });
    if (response.status === 429) refusedChanges += 1;
    return response;
  };
  await whileLocked(locked.id, async () => {
    changes = Promise.all(Array.from({ length: CALLS }, (_, n) => change(`${n}`)));
    await eventually(() => expect(refusedChanges).toBe(CALLS - MOST_IN_PROGRESS));
    const refused = await busy.get(`/v1/webhooks/${locked.id}`);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);

    expect(await other.get(`/v1/webhooks/${id}`)).toMatchObject({ status: 200 });
    expect(await other.patch(`/v1/webhooks/${id}`, { description: 'new' })).toMatchObject({ status: 200 });
    expect(await other.post('/v1/events', event)).toMatchObject({ status: 202 });
    expect(await busy.post('/v1/events', event)).toMatchObject({ status: 202 });
    expect(api.deps.pool.waitingCount).toBe(0);
  });
  const statuses = (await changes).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(MOST_IN_PROGRESS);
  expect(statuses.filter((status) => status === 429)).toHaveLength(CALLS - MOST_IN_PROGRESS);
  expect(await busy.get(`/v1/webhooks/${locked.id}`)).toMatchObject({ status: 200 });
});
