import { describe, expect, it } from '@jest/globals';
import { encodeId } from '@posthorn/core';
import * as fc from 'fast-check';
import { reasonLabels } from '../src/pages/deliveries/delivery-labels.js';
import { formatRemaining } from '../src/pages/deliveries/format-remaining.js';
import { retryEffects, retryBlocker } from '../src/pages/deliveries/retry-labels.js';
import { parseDraft } from '../src/pages/rejected-events/parse-draft.js';
import { timestampOfId } from '../src/search/timestamp-of-id.js';

it('says what is left to wait in two units at most', () => {
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

it('reads the time in an id', () => {
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

describe('delivering again', () => {
  const failed = { status: 'failed', eventType: 'invoice.paid', reason: null } as const;

  it.each([
    [{ ...failed, eventType: null }, { status: 'active' }, /not kept any more/],
    [failed, null, /deleted/],
    [failed, { status: 'suspended' }, /suspended/],
    [failed, { status: 'pending_validation' }, /validated/],
  ] as const)('is not possible for %j with the webhook %j', (delivery, webhook, words) => {
    expect(retryBlocker(delivery, webhook)).toMatch(words);
  });

  it('is possible while the webhook is active, or not known', () => {
    expect(retryBlocker(failed, { status: 'active' })).toBeNull();
    expect(retryBlocker(failed, undefined)).toBeNull();
  });

  it.each([
    [1, /2 more follow/],
    [2, /one more follows/],
    [3, /used up/],
    [9, /used up/],
  ])('after %i attempts says what a schedule of three delays leaves', (attemptCount, words) => {
    const consequences = retryEffects({ status: 'failed', attemptCount }, { retrySchedule: [5, 60, 300] });
    expect(consequences.at(-1)).toMatch(words);
  });
});

it('has words for a reason that it does not know', () => {
  expect(reasonLabels({ reason: 'new_reason' })?.brief).toBe('new_reason');
  expect(reasonLabels({ reason: null })).toBeNull();
});

describe('a refused push as a draft', () => {
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

  it('is none when the push was cut off', () => {
    expect(parseDraft('{"type":"invoice.paid","payload":{"da')).toBeNull();
  });
});
