// A webhook with an order. The chain of its deliveries is written by SQL.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeId, encodeId, LIVE_CHAIN, newId } from '@posthorn/core';
import { connect, type Database } from '@posthorn/database/connection';
import { createActiveWebhook, eventually, type Receiver, startReceiver } from '@posthorn/testkit';
import { words } from './fixtures/command-line.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

let receiver: Receiver;
let database: Database;
beforeAll(async () => {
  receiver = await startReceiver();
  database = connect({ url: inUse.stack.databaseUrl, applicationName: 'posthorn test' });
});
afterAll(async () => {
  await database.stop();
  await receiver.close();
});

const SETTINGS = { ordering: 'byKey', onExhausted: 'block', maxBlockedMinutes: 60, sequence: true };

it('its settings are flags, and part of an exported configuration', async () => {
  const { run, folder } = inUse;
  const flags = '--ordering byKey --on-exhausted block --max-blocked-minutes 60 --sequence true';
  const created = await run(
    words(`webhooks create ${receiver.url} --events a.b --external-id ordered ${flags} --json`),
  );
  expect(created.json()).toMatchObject(SETTINGS);
  const file = path.join(folder, 'ordered.yaml');
  const exported = await run(['export', '--json']);
  writeFileSync(file, exported.stdout);
  expect((await run(['apply', file])).stdout).toBe('No differences\n');

  const reset = '--ordering default --on-exhausted default --max-blocked-minutes default --sequence default';
  const defaults = { ordering: 'none', onExhausted: 'skip', maxBlockedMinutes: 4320, sequence: false };
  expect((await run(words(`webhooks update ext:ordered ${reset} --json`))).json()).toMatchObject(defaults);
  expect((await run(['apply', file, '--yes'])).code).toBe(0);
  expect((await run(words('webhooks get ext:ordered --json'))).json()).toMatchObject(SETTINGS);
  const wrong = await run(words('webhooks update ext:ordered --ordering random'));
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('ordering') });
});

/** Publishes an event whose delivery fails, and adds one that waits for it. */
async function block(): Promise<{ webhookId: string; headId: string; waitingId: string }> {
  const { api } = inUse;
  const { id: webhookId } = await createActiveWebhook(api, receiver, {
    eventTypes: ['blocked.type'],
    ordering: 'strict',
    retrySchedule: [3600],
  });
  receiver.handle(() => ({ status: 500 }));
  await api.post('/v1/events', { type: 'blocked.type', data: {} });
  const head = await eventually(async () => {
    const [delivery] = (await api.get(`/v1/deliveries?webhookId=${webhookId}`)).body.data;
    expect(delivery.attemptCount).toBe(1);
    return delivery;
  });
  const { rows } = await database.pool.query<{ id: string }>(
    `WITH head AS (
       UPDATE pending_delivery SET sequence = 1, ordering_key = '', chain = $2 WHERE id = $1 RETURNING *
     ), event AS (
       INSERT INTO event (id, tenant_id, published_at, type, body) SELECT $3, tenant_id, now(), 'blocked.type', '{}' FROM head
     )
     INSERT INTO pending_delivery (id, event_id, webhook_id, tenant_id, next_attempt_at, epoch, attempt_count, sequence, ordering_key, chain)
     SELECT posthorn_delivery_id($3), $3, webhook_id, tenant_id, now() + interval '1 h', epoch, 0, 2, '', $2 FROM head RETURNING id`,
    [decodeId('delivery', head.id), LIVE_CHAIN, newId()],
  );
  return { webhookId, headId: head.id, waitingId: encodeId('delivery', rows[0]?.id ?? '') };
}

it('the blocked keys are listed, and retried or skipped', async () => {
  const { run } = inUse;
  const { webhookId, headId, waitingId } = await block();
  const listed = await run(words(`webhooks blocked-keys ${webhookId}`));
  const [header, row] = listed.stdout.split('\n');
  expect(header).toMatch(/^KEY +DELIVERY +TYPE +SINCE +ATTEMPTS +LAST +NEXT +WAITING$/);
  expect(row?.split(/ +/)).toEqual([
    '–',
    headId,
    'blocked.type',
    expect.any(String),
    '1',
    '500',
    expect.any(String),
    '1',
  ]);
  const webhook = (await run(words(`webhooks get ${webhookId} --json`))).json();
  expect(webhook.health.blocked).toMatchObject({ deliveryId: headId, keys: 1 });
  expect((await run(words(`deliveries get ${waitingId}`))).stdout).toMatch(
    new RegExp(`^waitsFor +${headId}$`, 'm'),
  );
  const rejected = await run(words(`deliveries retry ${waitingId}`));
  expect(rejected).toMatchObject({ code: 1, stderr: expect.stringContaining(`waits for ${headId}`) });

  const skipped = await run(words(`deliveries skip ${headId} --json`));
  expect(skipped.json()).toMatchObject({ id: headId, status: 'dropped', reason: 'skipped' });
  expect(await run(words(`deliveries skip ${headId}`))).toMatchObject({ code: 1 });
  expect((await run(words(`deliveries get ${waitingId} --json`))).json()).toMatchObject({ waitsFor: null });
  expect((await run(words(`webhooks blocked-keys ${webhookId}`))).stdout).toBe('Nothing is blocked\n');
});
