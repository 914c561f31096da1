import { describe, expect, it, jest } from '@jest/globals';
import { DEFAULT_TENANT_ID, encodeId, newId, SYSTEM_TENANT_ID } from '@posthorn/core';
import type { Rejection } from '@posthorn/database/events';
import type { PublishResult, IncomingEvent } from '@posthorn/fanout';
import { type Push, type PushRejection, RetryLater } from '@posthorn/queue';
import type { CountEvent } from '@posthorn/runtime';
import { createIngestPush } from '../src/pushes/ingest-push.js';
import { parsePush } from '../src/pushes/parse-push.js';

const AT = new Date('2026-02-01T00:00:00Z');
const TENANT = newId();

const base = { id: 'events:1:2', pushedAt: AT, type: 'invoice.paid' };
const job = (data: unknown, type: unknown = 'invoice.paid', pushedAt = AT): Push => ({
  ...base,
  source: 'queue',
  pushedAt,
  type,
  payload: JSON.stringify(data),
});
const jobOfText = (payload: string): Push => ({ ...base, source: 'queue', payload });
const entry = (payload: Record<string, string>, type: unknown = 'invoice.paid'): Push => ({
  ...base,
  source: 'stream',
  type,
  payload,
});

const event: IncomingEvent = {
  tenantId: DEFAULT_TENANT_ID,
  type: 'invoice.paid',
  data: { a: 1 },
  dataText: '{"a":1}',
  occurredAt: null,
  idempotencyKey: null,
  attributes: null,
  pushed: { id: 'events:1:2', at: AT },
};

const TOO_LARGE: PushRejection = { code: 'payload_too_large', message: 'The push has 2 bytes.' };

/** Returns the text of a push whose data has nested arrays. */
const nested = (depth: number) => `{"data":{"value":${'['.repeat(depth)}${']'.repeat(depth)}}}`;

function createIngest(
  accepted: PublishResult = { status: 'accepted', id: newId(), deliveries: 0 },
  delayMs = 0,
) {
  const accept = jest.fn((_event: IncomingEvent) => Promise.resolve(accepted));
  const reject = jest.fn((_rejection: Rejection) => Promise.resolve());
  const count = jest.fn<CountEvent>();
  const delayOf = jest.fn((_event: IncomingEvent, _hasWaited: boolean) => Promise.resolve(delayMs));
  const ingestPush = createIngestPush({ accept, delayOf, reject, count });
  return { accept, delayOf, reject, count, ingest: (push: Push) => ingestPush(push, null) };
}

describe('a valid push', () => {
  it.each<[string, Push, Partial<IncomingEvent>]>([
    ['with data only', job({ data: { a: 1 } }), {}],
    [
      'with null for optional fields',
      job({ data: { a: 1 }, occurredAt: null, idempotencyKey: null, tenantId: null }),
      {},
    ],
    [
      'with all fields',
      job({
        data: { a: 1 },
        occurredAt: '2026-01-31T12:00:00+01:00',
        idempotencyKey: 'k',
        tenantId: encodeId('tenant', TENANT),
      }),
      {
        occurredAt: new Date('2026-01-31T11:00:00Z'),
        idempotencyKey: 'k',
        attributes: { idempotencyKey: 'k' },
        tenantId: TENANT,
      },
    ],
    [
      'with metadata',
      job({ data: { a: 1 }, metadata: { source: 'billing' } }),
      { attributes: { metadata: { source: 'billing' } } },
    ],
    [
      'with metadata in an entry',
      entry({ data: '{"a":1}', key: 'k', metadata: '{"source":"billing"}' }),
      { idempotencyKey: 'k', attributes: { idempotencyKey: 'k', metadata: { source: 'billing' } } },
    ],
    [
      'with an ordering key',
      job({ data: { a: 1 }, orderingKey: 'order 1/ü' }),
      { attributes: { orderingKey: 'order 1/ü' } },
    ],
    [
      'with an ordering key in an entry',
      entry({ data: '{"a":1}', orderingKey: 'o' }),
      { attributes: { orderingKey: 'o' } },
    ],
    ['of the default tenant', job({ data: { a: 1 }, tenantId: 'default' }), {}],
    ['with the longest type', job({ data: { a: 1 } }, 'a'.repeat(128)), { type: 'a'.repeat(128) }],
    [
      'with a timestamp in the future',
      job({ data: { a: 1 } }, 'invoice.paid', new Date('2099-01-01')),
      { pushed: { id: 'events:1:2', at: new Date('2099-01-01') } },
    ],
    [
      'with odd spelling',
      jobOfText(' {"data": {"a":2} , "d\\u0061ta" : { "a":\t1.0, "a" : 1 }\n}'),
      { dataText: '{ "a":\t1.0, "a" : 1 }' },
    ],
    ['from the stream', entry({ data: '{"a":1}' }), {}],
    ['from the stream with odd spelling', entry({ data: ' { "a":1e0}\n' }), { dataText: '{ "a":1e0}' }],
    [
      'from the stream with all fields',
      entry({
        data: '{"a":1}',
        key: 'k',
        tenant: encodeId('tenant', TENANT),
        occurredAt: '2026-01-31T11:00:00Z',
      }),
      {
        occurredAt: new Date('2026-01-31T11:00:00Z'),
        idempotencyKey: 'k',
        attributes: { idempotencyKey: 'k' },
        tenantId: TENANT,
      },
    ],
  ])('%s', (_name, push, expected) => {
    expect(parsePush(push)).toEqual({ ok: true, event: { ...event, ...expected } });
  });
});

describe('a push over the rate of its tenant', () => {
  it('is delayed: neither accepted nor rejected nor counted', async () => {
    const { accept, reject, count, delayOf, ingest } = createIngest(undefined, 300);
    await expect(ingest(job({ data: {} }))).rejects.toMatchObject({ name: 'RetryLater', delayMs: 300 });
    await expect(ingest({ ...job({ data: {} }), hasWaited: true })).rejects.toBeInstanceOf(RetryLater);
    expect(delayOf.mock.calls.map(([, hasWaited]) => hasWaited)).toEqual([false, true]);
    for (const mock of [accept, reject, count]) expect(mock).not.toHaveBeenCalled();
  });

  it('is rejected at once if it is invalid', async () => {
    const { reject, ingest } = createIngest(undefined, 300);
    await ingest(job({ data: 1 }));
    expect(reject).toHaveBeenCalledTimes(1);
  });
});

describe('an invalid push', () => {
  it.each<[string, Push, RegExp]>([
    ['without data', job({}), /^data\.data: must be a JSON object/],
    ['with an unknown key', job({ data: {}, tenant: 'default' }), /tenant/],
    ['with data that is a list', job({ data: [] }), /^data\.data: /],
    ['with data that is null', job({ data: null }), /^data\.data: /],
    ['with data that is a string', job({ data: '{}' }), /^data\.data: /],
    ['with data nested 100,000 levels deep', jobOfText(nested(100_000)), /nested/],
    ['that is a string', job('{"broken'), /^data: must be an object/],
    ['that is not JSON', jobOfText('{"broken'), /^data: must be an object/],
    ['without a payload', jobOfText(''), /^data: must be an object/],
    ['that is null', job(null), /^data: must be an object/],
    ['that is a list', job([]), /^data: /],
    ['without a type', job({ data: {} }, null), /^name: /],
    ['with a type that is a number', job({ data: {} }, 7), /^name: must be a string/],
    ['with a type of 10,000 characters', job({ data: {} }, 'a'.repeat(10_000)), /^name: /],
    ['with a NUL in the type', job({ data: {} }, 'a\0b'), /^name: /],
    ['with a pattern as its type', job({ data: {} }, 'invoice.*'), /^name: /],
    ['with a reserved type', job({ data: {} }, 'webhook.validation'), /^name: is reserved/],
    ['with an invalid time', job({ data: {}, occurredAt: 'yesterday' }), /^data\.occurredAt: /],
    ['with an empty idempotency key', job({ data: {}, idempotencyKey: '' }), /^data\.idempotencyKey: /],
    ['with a tenant name instead of an id', job({ data: {}, tenantId: 'acme' }), /^data\.tenantId: /],
    ['with an invalid timestamp', job({ data: {} }, 'a', new Date(Number.NaN)), /timestamp/],
    ['with a timestamp before 1970', job({ data: {} }, 'a', new Date(-1)), /timestamp/],
    ['with metadata that is no text', job({ data: {}, metadata: { a: 1 } }), /^data\.metadata\.a: /],
    ['with an empty ordering key', job({ data: {}, orderingKey: '' }), /^data\.orderingKey: /],
    ['with a long ordering key', job({ data: {}, orderingKey: 'a'.repeat(257) }), /^data\.orderingKey: /],
    [
      'with a control character',
      entry({ data: '{}', orderingKey: 'a\n' }),
      /^orderingKey: .*control characters/,
    ],
    ['with an unpaired surrogate', job({ data: {}, orderingKey: '\ud800' }), /^data\.orderingKey: /],
    ['from the stream with bad metadata', entry({ data: '{}', metadata: '{' }), /^metadata: /],
    ['from the stream with wrong metadata', entry({ data: '{}', metadata: '{"a":1}' }), /^metadata\.a: /],
    ['from the stream without data', entry({}), /^data: /],
    ['from the stream with bad JSON', entry({ data: '{"a"' }), /^data: must be a JSON object/],
    ['from the stream with a list', entry({ data: '[]' }), /^data: must be a JSON object/],
    ['from the stream with an unknown field', entry({ data: '{}', kee: 'k' }), /kee/],
    ['from the stream without a type', entry({ data: '{}' }, null), /^type: /],
  ])('%s', (_name, push, message) => {
    expect(parsePush(push)).toEqual({
      ok: false,
      code: 'invalid_input',
      message: expect.stringMatching(message),
    });
  });

  it('with an unknown tenant id is rejected', () => {
    const tenantId = `ten_${'8'.padEnd(26, '0')}`;
    expect(parsePush(job({ data: {}, tenantId }))).toMatchObject({ ok: false, code: 'unknown_tenant' });
  });
});

describe('ingesting a push', () => {
  it('accepts a valid push', async () => {
    const { accept, reject, ingest } = createIngest();
    await ingest(job({ data: { a: 1 } }));
    expect(accept).toHaveBeenCalledWith({ ...event, trace: null });
    expect(reject).not.toHaveBeenCalled();
  });

  it('stores a malformed push for its tenant', async () => {
    const { ingest, reject } = createIngest();
    await ingest(job({ data: 'wrong', tenantId: encodeId('tenant', TENANT) }));
    expect(reject).toHaveBeenCalledWith(expect.objectContaining({ tenantId: TENANT }));
  });

  it('stores a malformed push unchanged, with the reason', async () => {
    const { accept, reject, ingest } = createIngest();
    await ingest(job({ data: [1] }, 'a\0'));
    expect(accept).not.toHaveBeenCalled();
    expect(reject).toHaveBeenCalledWith({
      tenantId: DEFAULT_TENANT_ID,
      externalId: null,
      source: 'queue',
      code: 'invalid_input',
      message: expect.stringContaining('name: '),
      type: null,
      payload: '{"type":"a\\u0000","payload":{"data":[1]}}',
    });
  });

  it.each<[string, Push]>([
    ['a job', { ...job({ data: {}, tenantId: encodeId('tenant', TENANT) }), rejection: TOO_LARGE }],
    ['an entry', { ...entry({ tenant: encodeId('tenant', TENANT), data: '{"a' }), rejection: TOO_LARGE }],
  ])('stores a refused push without parsing it: %s', async (_name, push) => {
    const { accept, count, ingest, reject } = createIngest();
    await ingest(push);
    expect(accept).not.toHaveBeenCalled();
    const payload: unknown = push.source === 'queue' ? JSON.parse(push.payload) : push.payload;
    expect(reject).toHaveBeenCalledWith({
      ...TOO_LARGE,
      tenantId: TENANT,
      externalId: null,
      source: push.source,
      type: 'invoice.paid',
      payload: JSON.stringify({ type: push.type, payload }),
    });
    expect(count).toHaveBeenCalledWith(push.source, 'rejected');
  });

  it.each<[string, Push, Partial<Rejection>]>([
    ['a job whose data is cut off', { ...jobOfText('{"data":{"text":"xxx'), rejection: TOO_LARGE }, {}],
    ['a job that is not JSON', jobOfText('{"data":{"text":"xxx"},"tenantId":"ext:acme"'), {}],
    ['a job with a tenant that is no text', job({ data: {}, tenantId: 1 }), {}],
    ['a job of a tenant that cannot exist', job({ data: {}, tenantId: 'acme' }), {}],
    ['a job of the system scope', job({ data: {}, tenantId: encodeId('tenant', SYSTEM_TENANT_ID) }), {}],
    ['an entry of a tenant that cannot exist', entry({ tenant: 'acme', data: '{}' }), {}],
    ['a job without an object', job(['x']), { tenantId: DEFAULT_TENANT_ID }],
    ['an entry without a tenant', entry({ data: 'x' }), { tenantId: DEFAULT_TENANT_ID }],
    ['a job with an external id', job({ data: {}, tenantId: 'ext:acme' }), { externalId: 'acme' }],
    ['an entry with an external id', entry({ data: '{}', tenant: 'ext:acme:1' }), { externalId: 'acme:1' }],
    ['a job with an external id with NUL', job({ data: {}, tenantId: 'ext:a\0' }), {}],
  ])('is stored for the tenant that it names: %s', async (_name, push, owner) => {
    const { ingest, reject } = createIngest();
    await ingest(push);
    expect(reject).toHaveBeenCalledWith(
      expect.objectContaining({ tenantId: null, externalId: null, ...owner }),
    );
  });

  it('stores a push that was not accepted, with its tenant', async () => {
    const rejected = { status: 'rejected' as const, message: 'no', errors: [] };
    const codes = [
      'unknown_tenant',
      'schema_violation',
      'idempotency_key_reused',
      'tenant_suspended',
    ] as const;
    for (const code of codes) {
      const { ingest, reject } = createIngest({ ...rejected, code });
      await ingest(job({ data: {}, tenantId: encodeId('tenant', TENANT) }));
      expect(reject).toHaveBeenCalledWith(expect.objectContaining({ tenantId: TENANT, code, message: 'no' }));
    }
  });

  it('removes NUL from a reason and truncates it', async () => {
    const { reject, ingest } = createIngest();
    await ingest(job({ data: {}, [`key \0 ${'x'.repeat(10_000)}`]: 1 }));
    const message = reject.mock.calls[0]?.[0].message ?? '';
    expect(message).not.toContain('\0');
    expect(message.length).toBeLessThan(2100);
  });

  it('stores a malformed push as it was written', async () => {
    const { reject, ingest } = createIngest();
    const payload = '{"data": [1e400, 9007199254740993],"a":1,"a":2}';
    await ingest(jobOfText(payload));
    await ingest(jobOfText(nested(100_000)));
    expect(reject.mock.calls.map(([rejection]) => rejection.payload)).toEqual([
      `{"type":"invoice.paid","payload":${payload}}`,
      `{"type":"invoice.paid","payload":${nested(100_000)}`.slice(0, 64 * 1024),
    ]);
  });

  it('counts the push by ingress and result', async () => {
    const { count, ingest } = createIngest();
    await ingest(job({ data: {} }));
    await ingest(job({ data: 1 }));
    const duplicate = createIngest({ status: 'duplicate', id: newId(), deliveries: 0 });
    await duplicate.ingest(entry({ data: '{}' }));
    expect(count.mock.calls).toEqual([
      ['queue', 'accepted'],
      ['queue', 'rejected'],
    ]);
    expect(duplicate.count.mock.calls).toEqual([['stream', 'duplicate']]);
  });

  it('rejects while PostgreSQL is unavailable', async () => {
    const ingest = createIngestPush({
      accept: () => Promise.reject(new Error('unavailable')),
      delayOf: () => Promise.resolve(0),
      reject: () => Promise.resolve(),
      count: () => {},
    });
    await expect(ingest(job({ data: {} }), null)).rejects.toThrow('unavailable');
  });
});
