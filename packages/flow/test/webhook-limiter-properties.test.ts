import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { INITIAL_WINDOW } from '../src/slots/congestion-window.js';
import { Scenario, stepsOf } from './fixtures/scenario.js';
import { fuzzRuns } from '@posthorn/testkit';
import { advance, useFakeTime } from '@posthorn/testkit/fake-time';
import { webhookWith } from './fixtures/simulated-worker.js';

beforeEach(useFakeTime);
afterEach(() => {
  jest.useRealTimers();
});

const numRuns = fuzzRuns(150);
const LONG_MS = 600_000;

const limits = fc.record({
  maxInFlight: fc.constantFrom(1, 2, 7, 30),
  rateLimit: fc.option(fc.constantFrom({ limit: 20, perSeconds: 1 }, { limit: 1, perSeconds: 5 })),
});

const anything = stepsOf({
  acquire: 6,
  response: 4,
  finish: 4,
  wait: 4,
  overdue: 1,
  allReleased: 1,
  lane: 1,
  store: 1,
});

/** No event that shrinks the window, and no outage longer than a lease. */
const undisturbed = stepsOf({ acquire: 6, response: 8, wait: 4, allReleased: 2, latency: 1 });

describe('WebhookLimiter, for any sequence of events', () => {
  it(
    'has no more requests in flight than leased slots, resolves every delivery, and leaks nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(limits, anything, async (limit, steps) => {
          const scenario = new Scenario(webhookWith(limit));
          for (const step of steps) {
            await scenario.play(step);
            for (const { inFlight, slots } of scenario.snapshots) expect(inFlight).toBeLessThanOrEqual(slots);
          }
          await scenario.end();
          for (const { waiting, inFlight, limiter } of scenario.workers) {
            expect({ waiting, inFlight }).toEqual({ waiting: 0, inFlight: 0 });
            expect(limiter.flowStates()).toEqual([]);
          }
          // Long before the leases expire.
          expect(scenario.store.inFlight(scenario.webhook)).toBe(0);
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'defers all deliveries and returns free slots when it stops',
    async () => {
      await fc.assert(
        fc.asyncProperty(limits, anything, fc.boolean(), async (limit, steps, isUnavailable) => {
          const scenario = new Scenario(webhookWith(limit));
          for (const step of steps) await scenario.play(step);
          scenario.store.condition = isUnavailable ? 'unavailable' : 'available';
          let areStopped = false;
          const stopping = Promise.all(scenario.workers.map(({ limiter }) => limiter.stop()));
          void stopping.then(() => (areStopped = true));
          scenario.workers[0]?.acquireMany(3, scenario.webhook);
          // Enough for five calls of 400 ms each, and for the scheduled starts of a rate-limit webhook.
          await advance(2500, 25);
          expect(areStopped).toBe(true);
          for (const { waiting } of scenario.workers) expect(waiting).toBe(0);
          if (!isUnavailable) {
            for (const { inFlight, slots } of scenario.snapshots) {
              expect(slots).toBeGreaterThanOrEqual(inFlight);
              // Scheduled starts may have failed in the meantime.
              if (!limit.rateLimit) expect(slots).toBe(inFlight);
            }
          }
          expect(jest.getTimerCount()).toBe(0);
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'keeps all workers together within the window',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(1, 2, 7, 30), undisturbed, async (maxInFlight, steps) => {
          const scenario = new Scenario(webhookWith({ maxInFlight }));
          for (const step of steps) {
            await scenario.play(step);
            const { window } = scenario.store.stateOf(scenario.webhook);
            expect(scenario.inFlight).toBeLessThanOrEqual(Math.floor(Math.min(window, maxInFlight)));
          }
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'counts each response once, also with concurrent updates and failed calls',
    async () => {
      const steps = stepsOf({ acquire: 6, response: 8, wait: 4, unavailable: 2 });
      await fc.assert(
        fc.asyncProperty(steps, async (played) => {
          const scenario = new Scenario(webhookWith({ maxInFlight: 10_000 }));
          for (const step of played) await scenario.play(step);
          await scenario.end();
          const responses = scenario.workers.reduce((sum, { startedAtMs }) => sum + startedAtMs.length, 0);
          expect(scenario.store.stateOf(scenario.webhook).window).toBe(INITIAL_WINDOW + responses);
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'starts nothing before notBeforeMs once all workers have synced',
    async () => {
      const traffic = stepsOf({ acquire: 6, response: 6, finish: 2, wait: 4, allReleased: 1 });
      await fc.assert(
        fc.asyncProperty(limits, traffic, traffic, async (limit, before, during) => {
          const scenario = new Scenario(webhookWith(limit));
          for (const step of before) await scenario.play(step);
          const syncedMs = Date.now() + 60;
          const endMs = Date.now() + 1000;
          scenario.store.setState(scenario.webhook, { notBeforeMs: endMs });
          for (const step of during) await scenario.play(step);
          const starts = scenario.workers.flatMap(({ startedAtMs }) => startedAtMs);
          expect(starts.filter((atMs) => atMs > syncedMs && atMs < endMs)).toEqual([]);
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'keeps the rate limit over all workers',
    async () => {
      const everyMs = 50;
      const rateLimit = { limit: 1000 / everyMs, perSeconds: 1 };
      await fc.assert(
        fc.asyncProperty(anything, async (steps) => {
          const scenario = new Scenario(webhookWith({ rateLimit }));
          for (const step of steps) await scenario.play(step);
          const starts = scenario.workers.flatMap(({ startedAtMs }) => startedAtMs).toSorted((a, b) => a - b);
          const [first = 0] = starts;
          // Half the longest round trip of a reply, and the time step of the test.
          const toleranceMs = 200 + 5;
          for (const [index, start] of starts.entries()) {
            expect(start - first).toBeGreaterThanOrEqual(index * everyMs - toleranceMs);
          }
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );
});
