import { expect, it } from '@jest/globals';
import type { LoadedDelivery } from '@posthorn/database/deliveries';
import { KnownWebhooks } from '../../src/store/known-webhooks.js';

const webhookOf = (id: string, version: string) => ({ id, version }) as LoadedDelivery['webhook'];

function knownAt() {
  const clock = { ms: 0 };
  return { clock, webhooks: new KnownWebhooks(() => clock.ms) };
}

it('a webhook is known in the version that was read last', () => {
  const { webhooks } = knownAt();
  const read = webhookOf('a', '1');
  webhooks.remember(read);
  expect([webhooks.recall('a', '1'), webhooks.recall('a', '2'), webhooks.recall('b', '1')]).toEqual([
    read,
    undefined,
    undefined,
  ]);
  webhooks.remember(webhookOf('a', '2'));
  expect(webhooks.recall('a', '1')).toBeUndefined();
});

it('a webhook is read again after a minute', () => {
  const { clock, webhooks } = knownAt();
  webhooks.remember(webhookOf('a', '1'));
  clock.ms = 59_999;
  expect(webhooks.recall('a', '1')).toBeDefined();
  clock.ms = 60_000;
  expect(webhooks.recall('a', '1')).toBeUndefined();
});

it('2,000 webhooks are known, those that were read last', () => {
  const { webhooks } = knownAt();
  for (let index = 0; index < 2000; index += 1) webhooks.remember(webhookOf(String(index), '1'));
  webhooks.remember(webhookOf('0', '1'));
  webhooks.remember(webhookOf('new', '1'));
  expect(['0', '1', '2', 'new'].map((id) => webhooks.recall(id, '1')?.id)).toEqual([
    '0',
    undefined,
    '2',
    'new',
  ]);
});
