import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import * as fc from 'fast-check';
import { INITIAL_FLOW_STATE } from '../src/congestion-window.js';
import { createFenceStore, type FenceStore } from '../src/fence-store.js';
import { createSlotStore, type SlotReply, type SlotRequest, type SlotStore } from '../src/slot-store.js';
import { FakeSlotStore } from './fixtures/fake-slot-store.js';

let fresh: FreshQueuePrefix;
let real: SlotStore;
let fences: FenceStore;
beforeEach(async () => {
  fresh = freshQueuePrefix();
  real = await createSlotStore(fresh);
  fences = await createFenceStore(fresh);
});
afterEach(async () => {
  await real.stop();
  await fences.stop();
  await fresh.clear();
});

const rarely = fc.nat(9).map((number) => number === 0);

const steps = fc.array(
  fc.record({
    worker: fc.constantFrom('a', 'b', 'c'),
    leased: fc.nat(8),
    released: fc.nat(6),
    fresh: fc.nat(6),
    held: rarely,
    started: fc.nat(3),
    window: fc.option(fc.integer({ min: 2, max: 40 }).map((halves) => halves / 2)),
    isOutdated: rarely,
    pauses: rarely,
    isHalved: rarely,
    allReleased: rarely,
    fence: fc.option(fc.record({ epoch: fc.nat(2), isDeleted: rarely }), { freq: 20 }),
  }),
  { maxLength: 25 },
);

const limits = fc.record({
  maxInFlight: fc.integer({ min: 1, max: 15 }),
  rateLimit: fc.option(fc.constantFrom({ limit: 1, perSeconds: 3600 }, { limit: 1000, perSeconds: 1 })),
});

const to10Seconds = (ms: number) => Math.round(ms / 10_000);

/** Rounds the times of a reply to 10 s: the two calls are not made at exactly the same time, and the clocks differ slightly. */
function roundTimes(reply: SlotReply | undefined): unknown {
  const { notBeforeMs = 0, halvedAtMs = 0, ...state } = reply?.state ?? {};
  return {
    ...reply,
    waitMs: to10Seconds(reply?.waitMs ?? 0),
    state: { ...state, notBeforeMs: to10Seconds(notBeforeMs), halvedAtMs: to10Seconds(halvedAtMs) },
  };
}

describe('FakeSlotStore', () => {
  it('replies like the real store', async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, async (limited, performed) => {
        const fake = new FakeSlotStore(() => performance.now());
        const webhook = { id: randomUUID(), epoch: 1, validatedAt: null, ...limited };
        let version = 0;
        for (const {
          worker,
          window,
          isOutdated,
          pauses,
          isHalved,
          allReleased,
          fence,
          ...rest
        } of performed) {
          if (allReleased) {
            fake.setHeld(webhook, false);
            await real.clearHeld(webhook, null);
          }
          if (fence) {
            fake.raiseFence(webhook, fence);
            await fences.raise([{ webhookId: webhook.id, ...fence }]);
          }
          const update =
            window === null
              ? null
              : {
                  version: isOutdated ? version - 1 : version,
                  state: { ...INITIAL_FLOW_STATE, window },
                  pauseMs: pauses ? 60_000 : null,
                  isHalved,
                };
          const request: SlotRequest = { webhook, ...rest, update };
          const [expected] = await real.syncSlots(worker, [request]);
          const [actual] = await fake.syncSlots(worker, [request]);
          expect(roundTimes(actual)).toEqual(roundTimes(expected));
          const [snapshot] = await real.snapshots([webhook]);
          expect(fake.inFlight(webhook)).toBe(snapshot?.inFlight);
          expect(fake.started(webhook)).toBe(snapshot?.started);
          version = actual?.version ?? 0;
        }
      }),
      { numRuns: 60 },
    );
  });
});
