import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  gate,
  type GateInput,
  LANES,
  laneOf,
  MAX_WORKER_CRASHES,
  passesBarrier,
  type WebhookStatus,
} from '../../src/index.js';

const webhookStatuses: WebhookStatus[] = ['pending_validation', 'active', 'suspended', 'deleted'];

interface Changes extends Partial<Omit<GateInput, 'delivery' | 'webhook'>> {
  delivery?: Partial<GateInput['delivery']>;
  webhook?: Partial<GateInput['webhook']>;
}

/** Returns the input of a delivery that is sent, with changes. */
function inputWith({ delivery, webhook, ...run }: Changes = {}): GateInput {
  return {
    delivery: {
      epoch: 3,
      dueInMs: 0,
      attemptCount: 0,
      replayed: false,
      isCancelled: false,
      isHead: true,
      ...delivery,
    },
    webhook: {
      status: 'active',
      epoch: 3,
      sentFromEpoch: 0,
      resumedEpoch: 0,
      tenantStatus: 'active',
      isSlow: false,
      ...webhook,
    },
    payload: '{}',
    isErased: false,
    lane: 'fast',
    crashes: 0,
    runEpoch: null,
    ...run,
  };
}

const combinations = webhookStatuses.flatMap((webhook) =>
  [true, false].flatMap((sameEpoch) =>
    [-1000, 0, 50, 51, 60_000].map((dueInMs) => ({ webhook, sameEpoch, dueInMs })),
  ),
);

function expected({ webhook, sameEpoch, dueInMs }: (typeof combinations)[number]): unknown {
  if (webhook === 'deleted') return { kind: 'drop', reason: 'deleted' };
  if (webhook !== 'active' || !sameEpoch) return { kind: 'drop', reason: 'suspended' };
  return dueInMs > 50
    ? { kind: 'reschedule', delayMs: dueInMs, lane: 'fast', cause: 'not_due' }
    : { kind: 'send', payload: '{}' };
}

describe('gate', () => {
  it.each([
    ['a shadow', { sentFromEpoch: null }, { kind: 'drop', reason: 'shadow' }],
    [
      'a webhook that was a shadow at that time',
      { epoch: 4, sentFromEpoch: 4 },
      { kind: 'drop', reason: 'shadow' },
    ],
    ['a webhook that was a shadow before', { sentFromEpoch: 3 }, { kind: 'send', payload: '{}' }],
    [
      'a suspended shadow',
      { status: 'suspended', epoch: 4, sentFromEpoch: null },
      { kind: 'drop', reason: 'shadow' },
    ],
  ] as const)('decides on a delivery to %s', (_case, webhook, result) => {
    const input = inputWith({ webhook });
    expect(gate(input)).toEqual(result);
    expect(passesBarrier(input)).toBe(result.kind === 'send');
  });

  it('returns the expected result for every combination of status, epoch and due time', () => {
    for (const combination of combinations) {
      const { webhook, sameEpoch, dueInMs } = combination;
      const input = inputWith({
        delivery: { dueInMs },
        webhook: { status: webhook, epoch: sameEpoch ? 3 : 4 },
      });
      expect({ combination, result: gate(input) }).toEqual({ combination, result: expected(combination) });
      expect(passesBarrier(input)).toBe(gate(input).kind === 'send');
    }
  });

  it.each([
    ['in its lane before the first attempt', {}, 'fast'],
    ['in the retry lane after an attempt', { delivery: { attemptCount: 1 } }, 'retry'],
    ['in the slow lane for a slow webhook', { webhook: { isSlow: true } }, 'slow'],
    ['in the replay lane for a replayed one', { delivery: { replayed: true } }, 'replay'],
  ] as const)('reschedules a delivery that is not due: %s', (_case, changes: Changes, lane) => {
    const delivery = { ...changes.delivery, dueInMs: 3000 };
    expect(gate(inputWith({ ...changes, delivery }))).toEqual({
      kind: 'reschedule',
      delayMs: 3000,
      lane,
      cause: 'not_due',
    });
  });

  it('lets a delivery wait for another one of its chain, unless it is dropped or not due', () => {
    const delivery = { isHead: false };
    expect(gate(inputWith({ delivery }))).toEqual({ kind: 'wait' });
    expect(gate(inputWith({ delivery, payload: null, crashes: 99 })).kind).toBe('wait');
    expect(gate(inputWith({ delivery, webhook: { status: 'suspended' } })).kind).toBe('drop');
    expect(gate(inputWith({ delivery: { ...delivery, dueInMs: 3000 } })).kind).toBe('reschedule');
  });

  it('leaves a delivery whose epoch changed during the run to its new job', () => {
    expect(gate(inputWith({ runEpoch: 2 }))).toEqual({ kind: 'superseded' });
    expect(gate(inputWith({ runEpoch: 2, delivery: { dueInMs: 3000 } }))).toEqual({ kind: 'superseded' });
    expect(gate(inputWith({ runEpoch: 3 }))).toEqual({ kind: 'send', payload: '{}' });
  });

  it('drops a delivery of an erased event, which has no payload either', () => {
    expect(gate(inputWith({ isErased: true, payload: null }))).toEqual({ kind: 'drop', reason: 'erased' });
  });

  it('fails a delivery whose payload has expired', () => {
    expect(gate(inputWith({ payload: null }))).toEqual({ kind: 'fail', reason: 'payload_expired' });
  });

  it('fails a delivery after too many crashes', () => {
    expect(gate(inputWith({ crashes: MAX_WORKER_CRASHES }))).toEqual({ kind: 'send', payload: '{}' });
    expect(gate(inputWith({ crashes: MAX_WORKER_CRASHES + 1 }))).toEqual({ kind: 'fail', reason: 'crashed' });
  });

  it('moves a delivery to the slow or replay lane, and otherwise leaves it in its lane', () => {
    for (const lane of LANES) {
      for (const isSlow of [true, false]) {
        for (const replayed of [true, false]) {
          const ownLane = laneOf({ webhookIsSlow: isSlow, attemptCount: 0, replayed });
          const result = gate(inputWith({ delivery: { replayed }, webhook: { isSlow }, lane }));
          const moves = ownLane !== lane && ownLane !== 'fast';
          expect(result).toEqual(
            moves
              ? { kind: 'reschedule', delayMs: 0, lane: ownLane, cause: 'wrong_lane' }
              : { kind: 'send', payload: '{}' },
          );
        }
      }
    }
  });

  it('drops and reschedules before it fails a delivery', () => {
    const failing = { payload: null, crashes: MAX_WORKER_CRASHES + 1, lane: 'slow' as const };
    expect(gate(inputWith({ ...failing, webhook: { status: 'suspended' } })).kind).toBe('drop');
    expect(gate(inputWith({ ...failing, delivery: { dueInMs: 3000 } })).kind).toBe('reschedule');
    expect(gate(inputWith({ ...failing, runEpoch: 2 })).kind).toBe('superseded');
    expect(gate(inputWith({ ...failing, webhook: { isSlow: true }, lane: 'fast' })).kind).toBe('fail');
  });

  it('sends only a delivery of an active webhook in the same epoch', () => {
    fc.assert(
      fc.property(
        fc.record({
          delivery: fc.record({
            epoch: fc.nat(3),
            dueInMs: fc.integer({ min: -100, max: 100 }),
          }),
          webhook: fc.record({ status: fc.constantFrom(...webhookStatuses), epoch: fc.nat(3) }),
        }),
        ({ delivery, webhook }) => {
          const input = inputWith({ delivery, webhook });
          const mayBeSent = webhook.status === 'active' && webhook.epoch === delivery.epoch;
          if (gate(input).kind === 'send') expect(mayBeSent).toBe(true);
          expect(passesBarrier(input)).toBe(gate(input).kind === 'send');
        },
      ),
    );
  });
});

describe('a delivery of a cancelled recovery', () => {
  it('is dropped, and no request for it starts', () => {
    const input = inputWith({ delivery: { isCancelled: true, isHead: false, dueInMs: 1000 } });
    expect(gate(input)).toEqual({ kind: 'drop', reason: 'replay_cancelled' });
    expect(passesBarrier(input)).toBe(false);
    expect(passesBarrier(inputWith({ delivery: { isCancelled: true } }))).toBe(false);
  });

  it('has the reason of its webhook if that is suspended', () => {
    const input = inputWith({ delivery: { isCancelled: true }, webhook: { status: 'suspended', epoch: 4 } });
    expect(gate(input)).toEqual({ kind: 'drop', reason: 'suspended' });
  });
});

describe('passesBarrier', () => {
  it('ignores payload, crashes, lane and run', () => {
    const input = inputWith({ payload: null, crashes: 99, webhook: { isSlow: true }, runEpoch: 1 });
    expect(passesBarrier(input)).toBe(true);
  });
});
