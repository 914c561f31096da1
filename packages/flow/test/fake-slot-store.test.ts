import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FreshQueuePrefix, freshQueuePrefix } from '@posthorn/testkit';
import * as fc from 'fast-check';
import { INITIAL_FLOW_STATE } from '../src/slots/congestion-window.js';
import { createFenceStore, type FenceStore } from '../src/fences/fence-store.js';
import type { SlotReply, SlotRequest } from '../src/slots/slot-messages.js';
import { createSlotStore, type SlotStore } from '../src/slots/slot-store.js';
import { FakeSlotStore } from './fixtures/fake-slot-store.js';

let fresh: FreshQueuePrefix;
let real: SlotStore;
let fences: FenceStore;
beforeEach(async () => {
  fresh = freshQueuePrefix();
  real = await createSlotStore(fresh, nowMs);
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
    endedWaits: fc.nat(3),
    window: fc.option(fc.integer({ min: 2, max: 40 }).map((halves) => halves / 2)),
    isOutdated: rarely,
    pauses: rarely,
    isHalved: rarely,
    allReleased: rarely,
    fence: fc.option(fc.record({ epoch: fc.nat(2), isDeleted: rarely }), { freq: 20 }),
    tenantEpoch: fc.option(fc.nat(2), { freq: 20 }),
  }),
  { maxLength: 25 },
);

const limits = fc.record({
  maxInFlight: fc.integer({ min: 1, max: 15 }),
  rateLimit: fc.option(fc.constantFrom({ limit: 1, perSeconds: 3600 }, { limit: 1000, perSeconds: 1 })),
});

/** The clock of the flow states, far from 0, which is the time of what never happened. */
const nowMs = () => performance.now() + 86_400_000;

/** Matches times that differ by less than 50 s: the two calls are not made at the same time, and the clocks differ slightly. */
const near = (ms: number): unknown => expect.closeTo(ms, -5);

function likeReply(reply: SlotReply): unknown {
  const { waitMs, state } = reply;
  return {
    ...reply,
    waitMs: near(waitMs),
    state: { ...state, notBeforeMs: near(state.notBeforeMs), halvedAtMs: near(state.halvedAtMs) },
  };
}

describe('FakeSlotStore', () => {
  it('replies like the real store', async () => {
    await fc.assert(
      fc.asyncProperty(limits, steps, async (limited, performed) => {
        const fake = new FakeSlotStore(nowMs);
        const tenant = { tenantId: randomUUID(), tenantEpoch: 1 };
        const webhook = { id: randomUUID(), ...tenant, epoch: 1, validatedAt: null, ...limited };
        let version = 0;
        for (const {
          worker,
          window,
          isOutdated,
          pauses,
          isHalved,
          allReleased,
          fence,
          tenantEpoch,
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
          if (tenantEpoch !== null) {
            fake.raiseTenantFence(webhook, tenantEpoch);
            await fences.raiseTenants([{ tenantId: webhook.tenantId, epoch: tenantEpoch, isDeleted: false }]);
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
          expect(actual).toEqual(expected && likeReply(expected));
          const [snapshot] = await real.snapshots([webhook]);
          expect(fake.inFlight(webhook)).toBe(snapshot?.inFlight);
          expect(fake.endedWaits(webhook)).toBe(snapshot?.endedWaits);
          version = actual?.version ?? 0;
        }
      }),
      { numRuns: 60 },
    );
  });
});
