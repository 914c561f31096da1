import { describe, expect, it } from '@jest/globals';
import { decodeId } from '@posthorn/core';
import { useApi } from './use-api.js';

const api = useApi();

/** Returns what is stored with an event besides its body. */
async function contextOf(id: string): Promise<unknown> {
  const { rows } = await api.deps.pool.query<{ context: unknown }>(
    'SELECT context FROM event WHERE id = $1',
    [decodeId('event', id)],
  );
  return rows[0]?.context;
}

async function published(body: object, headers: Record<string, string> = {}): Promise<unknown> {
  const event = { type: 'order.paid', data: {}, ...body };
  const { status, body: accepted } = await api.admin.post('/v1/events', event, headers);
  expect(status).toBe(202);
  return contextOf(accepted.id);
}

const metadata = { source: 'billing', 'trace-id': 'a b' };

describe('the attributes of an event', () => {
  it('are its idempotency key, its metadata and its ordering key', async () => {
    expect(await published({})).toBeNull();
    expect(await published({ metadata: {}, idempotencyKey: null })).toBeNull();
    expect(await published({ metadata })).toEqual({ metadata });
    expect(await published({ orderingKey: 'o 1' })).toEqual({ orderingKey: 'o 1' });
    expect(await published({ orderingKey: null })).toBeNull();
    expect(await published({ idempotencyKey: 'a-1', metadata })).toEqual({ idempotencyKey: 'a-1', metadata });
    expect(await published({}, { 'idempotency-key': 'a-2' })).toEqual({ idempotencyKey: 'a-2' });
  });

  it('of a batch do not have a key that is derived', async () => {
    const events = [
      { type: 'order.paid', data: {}, metadata, orderingKey: 'o-1' },
      { type: 'order.paid', data: {}, idempotencyKey: 'a-3' },
    ];
    const { body } = await api.admin.post('/v1/events/batch', { events }, { 'idempotency-key': 'batch' });
    const contexts = await Promise.all(body.accepted.map(({ id }: { id: string }) => contextOf(id)));
    expect(contexts).toEqual([{ metadata, orderingKey: 'o-1' }, { idempotencyKey: 'a-3' }]);
  });

  it.each<[string, unknown, string]>([
    ['a name of a header that is none', { 'a b': 'c' }, 'metadata.a b'],
    ['a long name', { ['a'.repeat(65)]: 'b' }, `metadata.${'a'.repeat(65)}`],
    ['a value that is no text', { a: 1 }, 'metadata.a'],
    ['a line break', { a: 'b\r\nc: d' }, 'metadata.a'],
    ['an empty value', { a: '' }, 'metadata.a'],
    ['a long value', { a: 'b'.repeat(257) }, 'metadata.a'],
    ['names of the same header', { a: 'b', A: 'c' }, 'metadata'],
    [
      'too many entries',
      Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`a${n}`, 'b'])),
      'metadata',
    ],
  ])('cannot have %s', async (_case, wrong, path) => {
    const event = { type: 'order.paid', data: {}, metadata: wrong };
    const { status, body } = await api.admin.post('/v1/events', event);
    expect([status, body.errors[0].path]).toEqual([422, path]);
  });
});

describe('a preview', () => {
  it('shows them, and signs an own URL', async () => {
    const { status, body } = await api.admin.post('/v1/delivery-formats/preview', {
      deliveryFormat: {
        headers: { metadataPrefix: 'X-Meta-', fixed: { 'X-Key': '{externalEventId}' } },
        signatures: ['outpost'],
      },
      eventType: 'order.paid',
      data: {},
      idempotencyKey: 'a-1',
      metadata: { source: 'billing' },
      url: 'https://receiver.example/',
    });
    expect(status).toBe(200);
    expect(body.headers).toMatchObject({
      'x-key': 'a-1',
      'x-meta-source': 'billing',
      'x-outpost-source': 'billing',
      'x-outpost-event-id': 'a-1',
    });
  });
});

it.each(['', 'a'.repeat(257), 'a\tb', '\u0000', '\ud800', 7])(
  'the ordering key %j is rejected',
  async (orderingKey) => {
    const event = { type: 'order.paid', data: {}, orderingKey };
    const { status, body } = await api.admin.post('/v1/events', event);
    expect([status, body.errors[0].path]).toEqual([422, 'orderingKey']);
  },
);
