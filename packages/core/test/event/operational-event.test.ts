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
  delivery: 'push',
  url: 'https://old.example/',
  pendingUrl: null,
  epoch: 0,
  sentFromEpoch: 0,
  activeSince: null,
  validatedAt: null,
  attestedAt: null,
  attestedUrl: null,
  attestedByName: null,
  attestReason: null,
  suspendedAt: null,
  suspendReason: null,
  suspendedBy: null,
  suspendedByName: null,
  deletedAt: null,
};
const before = new Date('2026-01-01T00:00:00Z');
const active = { ...fresh, status: 'active' as const, activeSince: before, validatedAt: before };
const suspended = {
  ...active,
  status: 'suspended' as const,
  suspendedAt: before,
  suspendReason: 'requested',
  suspendedBy: 'system' as const,
  suspendedByName: null,
};
const staged = { pendingUrl: 'https://new.example/' };

/** Returns the operational events of a command, as pairs of type and data. */
function eventsOf(from: typeof fresh, command: LifecycleCommand) {
  const result = transition(from, command, NOW);
  if (!result.ok) throw new Error('Command rejected');
  const events = lifecycleEvents(from, result.next);
  for (const event of events) expect(event.at).toEqual(NOW);
  return events.map(({ type, data }) => [type, data]);
}

describe('lifecycleEvents', () => {
  it('returns a suspension with its reason', () => {
    const data = {
      webhookId: id,
      url: 'https://old.example/',
      reason: 'noisy',
      suspendedBy: 'system',
      suspendedAt: NOW.toISOString(),
    };
    expect(eventsOf(active, { type: 'suspend', reason: 'noisy', by: 'system', byName: null })).toEqual([
      ['posthorn.webhook.suspended', data],
    ]);
  });

  it.each([
    ['the first URL', fresh, 'https://old.example/'],
    ['a new URL', { ...active, ...staged }, 'https://new.example/'],
    ['a new URL of a suspended webhook', { ...suspended, ...staged }, 'https://new.example/'],
  ])('returns the validation of %s with that URL', (_name, from, url) => {
    expect(eventsOf(from, { type: 'confirm_validation' })).toEqual([
      ['posthorn.webhook.validated', { webhookId: id, url, validatedAt: NOW.toISOString() }],
    ]);
  });

  it.each<[typeof fresh, LifecycleCommand]>([
    [active, { type: 'change_url', url: 'https://new.example/' }],
    [suspended, { type: 'change_url', url: 'https://new.example/' }],
    [suspended, { type: 'reactivate' }],
    [suspended, { type: 'delete' }],
    [active, { type: 'delete' }],
  ])('returns no event for other commands: case %#', (from, command) => {
    expect(eventsOf(from, command)).toEqual([]);
  });
});

describe('withApiIds', () => {
  it('replaces UUIDs by API ids and keeps other fields', () => {
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
