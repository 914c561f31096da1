import { describe, expect, it } from '@jest/globals';
import {
  encodeId,
  type LifecycleCommand,
  lifecycleEvents,
  newId,
  transition,
  type WebhookLifecycle,
  withApiIds,
} from '../../src/index.js';

const NOW = new Date('2026-02-01T00:00:00.123Z');
const id = newId();

const fresh: WebhookLifecycle & { id: string } = {
  id,
  status: 'pending_validation',
  url: 'https://old.example/',
  pendingUrl: null,
  epoch: 0,
  activeSince: null,
  validatedAt: null,
  suspendedAt: null,
  suspendReason: null,
  deletedAt: null,
};
const before = new Date('2026-01-01T00:00:00Z');
const active = { ...fresh, status: 'active' as const, activeSince: before, validatedAt: before };
const suspended = { ...active, status: 'suspended' as const, suspendedAt: before, suspendReason: 'asked' };
const staged = { pendingUrl: 'https://new.example/' };

/** What is told of a command, as pairs of a type and data. */
function toldOf(from: typeof fresh, command: LifecycleCommand) {
  const result = transition(from, command, NOW);
  if (!result.ok) throw new Error('refused');
  const events = lifecycleEvents(from, result.next);
  for (const event of events) expect(event.at).toEqual(NOW);
  return events.map(({ type, data }) => [type, data]);
}

describe('what is told of a change in the life of a webhook', () => {
  it('is a suspension, with its reason', () => {
    const data = {
      webhookId: id,
      url: 'https://old.example/',
      reason: 'noisy',
      suspendedAt: NOW.toISOString(),
    };
    expect(toldOf(active, { type: 'suspend', reason: 'noisy' })).toEqual([
      ['posthorn.webhook.suspended', data],
    ]);
  });

  it.each([
    ['the first URL', fresh, 'https://old.example/'],
    ['a new URL', { ...active, ...staged }, 'https://new.example/'],
    ['a new URL of a suspended webhook', { ...suspended, ...staged }, 'https://new.example/'],
  ])('is a validation of %s, with that URL', (_what, from, url) => {
    expect(toldOf(from, { type: 'confirm_validation' })).toEqual([
      ['posthorn.webhook.validated', { webhookId: id, url, validatedAt: NOW.toISOString() }],
    ]);
  });

  it.each<[typeof fresh, LifecycleCommand]>([
    [active, { type: 'change_url', url: 'https://new.example/' }],
    [suspended, { type: 'change_url', url: 'https://new.example/' }],
    [suspended, { type: 'reactivate' }],
    [suspended, { type: 'delete' }],
    [active, { type: 'delete' }],
  ])('is nothing else: case %#', (from, command) => {
    expect(toldOf(from, command)).toEqual([]);
  });
});

describe('the data that receivers get', () => {
  it('has ids as the API writes them, and all else as it was', () => {
    const [webhookId, deliveryId, eventId] = [newId(), newId(), newId()];
    expect(withApiIds({ webhookId, deliveryId, eventId, url: 'https://a/', attempts: 8 })).toEqual({
      webhookId: encodeId('webhook', webhookId),
      deliveryId: encodeId('delivery', deliveryId),
      eventId: encodeId('event', eventId),
      url: 'https://a/',
      attempts: 8,
    });
    expect(withApiIds({ webhookId })).toEqual({ webhookId: encodeId('webhook', webhookId) });
  });
});
