import { describe, expect, it } from '@jest/globals';
import { encodeId } from '@posthorn/core';
import * as fc from 'fast-check';
import { reasonLabels } from '../src/pages/deliveries/delivery-labels.js';
import { formatRemaining } from '../src/pages/deliveries/format-remaining.js';
import { retryEffects, retryBlocker } from '../src/pages/deliveries/retry-labels.js';
import { parseDraft } from '../src/pages/rejected-events/parse-draft.js';
import { pageOf } from '../src/shell/search/search-result.js';
import { timestampOfId } from '../src/search/timestamp-of-id.js';

it('formats the remaining time in at most two units', () => {
  expect([0, 1, 9000, 60_000, 200_000, 7_500_000, 97_200_000].map(formatRemaining)).toEqual([
    null,
    '1 s',
    '9 s',
    '1 min',
    '3 min 20 s',
    '2 h 5 min',
    '1 d 3 h',
  ]);
  expect(formatRemaining(-5000)).toBeNull();
});

it('returns the timestamp of an ID', () => {
  const anyTime = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(anyTime, (ms) => {
      const hex = ms.toString(16).padStart(12, '0');
      const id = encodeId('event', `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-89ab-0123456789ab`);
      expect(timestampOfId(id)).toBe(ms);
    }),
  );
  expect(timestampOfId('rej_zzzz')).toBeNull();
});

describe('retrying a delivery', () => {
  const failed = {
    status: 'failed',
    eventType: 'invoice.paid',
    reason: null,
    nextAttemptAt: null,
    waitsFor: null,
  } as const;
  const pendingSince = (ms: number) => ({
    ...failed,
    status: 'pending' as const,
    nextAttemptAt: new Date(Date.now() - ms).toISOString(),
  });

  it('is possible while a delivery waits for a retry, not once it is due', () => {
    expect(retryBlocker(pendingSince(-60_000), { status: 'active', delivery: 'push' })).toBeNull();
    expect(retryBlocker(pendingSince(1), { status: 'active', delivery: 'push' })).toMatch(/is due/);
    expect(
      retryBlocker({ ...pendingSince(1), nextAttemptAt: null }, { status: 'active', delivery: 'push' }),
    ).toMatch(/is due/);
    expect(retryEffects({ status: 'pending', attemptCount: 2 }, undefined).at(-1)).toMatch(
      /continues as before/,
    );
  });

  it.each([
    [{ ...failed, eventType: null }, { status: 'active', delivery: 'push' }, /payload has expired/],
    [
      { ...failed, status: 'pending', waitsFor: 'dlv_1' },
      { status: 'active', delivery: 'push' },
      /waits for an earlier one/,
    ],
    [failed, null, /deleted/],
    [failed, { status: 'suspended', delivery: 'push' }, /Reactivate/],
    [failed, { status: 'pending_validation', delivery: 'push' }, /Validate/],
    [failed, { status: 'active', delivery: 'pull' }, /gets no requests/],
    [{ ...failed, status: 'available' }, undefined, /gets no requests/],
  ] as const)('is blocked for %j with the webhook %j', (delivery, webhook, reason) => {
    expect(retryBlocker(delivery, webhook)).toMatch(reason);
  });

  it('is possible if the webhook is active or unknown', () => {
    expect(retryBlocker(failed, { status: 'active', delivery: 'push' })).toBeNull();
    expect(retryBlocker(failed, undefined)).toBeNull();
  });

  it.each([
    [1, /3 automatic retries follow/],
    [2, /2 automatic retries follow/],
    [3, /1 automatic retry follows/],
    [4, /No automatic retries are left/],
    [9, /No automatic retries are left/],
  ])('after %i attempts states how many of three retries are left', (attemptCount, text) => {
    const effects = retryEffects({ status: 'failed', attemptCount }, { retrySchedule: [5, 60, 300] });
    expect(effects.at(-1)).toMatch(text);
  });
});

it('shows an unknown reason unchanged', () => {
  expect(reasonLabels({ reason: 'new_reason' })?.label).toBe('new_reason');
  expect(reasonLabels({ reason: null })).toBeNull();
});

describe('parseDraft', () => {
  it.each([
    [
      { type: 'invoice.paid', payload: { data: { id: 'in_1' } } },
      { type: 'invoice.paid', data: '{\n  "id": "in_1"\n}' },
    ],
    [
      { type: 'user.created', payload: { data: '{"id":1}' } },
      { type: 'user.created', data: '{\n  "id": 1\n}' },
    ],
    [
      { type: 'user.created', payload: { data: '{"id":' } },
      { type: 'user.created', data: '{"id":' },
    ],
    [{ payload: { data: {} } }, { type: '', data: '{}' }],
    [{ type: 'user.created', payload: 'text' }, null],
  ])('%j', (push, draft) => {
    expect(parseDraft(JSON.stringify(push))).toEqual(draft);
  });

  it('keeps the numbers and keys of the data', () => {
    const data = '{"n":1e400,"n":9007199254740993}';
    const draft = { type: 'a.b', data: '{\n  "n": 1e400,\n  "n": 9007199254740993\n}' };
    expect(parseDraft(`{"type":"a.b","payload":{"data":${data}}}`)).toEqual(draft);
    expect(parseDraft(JSON.stringify({ type: 'a.b', payload: { data } }))).toEqual(draft);
  });

  it('has an empty type if the push had none', () => {
    expect(parseDraft('{"type":null,"payload":{"data":{}}}')).toEqual({ type: '', data: '{}' });
  });

  it('returns null for a truncated push', () => {
    expect(parseDraft('{"type":"invoice.paid","payload":{"da')).toBeNull();
  });
});

it('opens a found result of another tenant without the selected tenant', () => {
  const found = {
    id: 'id',
    title: null,
    tenantId: null,
    webhookId: null,
    eventId: null,
    matchedBy: 'id',
    searchKey: null,
    description: null,
    createdAt: '2026-01-31T07:00:00Z',
    occurredAt: null,
    publishedAt: null,
  } as const;
  // The other pages show any tenant.
  for (const kind of ['rejected_event', 'api_key', 'audit_entry'] as const)
    expect(Object.entries(pageOf({ ...found, kind }).search ?? {})).toContainEqual(['tenant', undefined]);
});
