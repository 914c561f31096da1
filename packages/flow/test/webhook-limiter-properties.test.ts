import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { INITIAL_WINDOW } from '../src/congestion-window.js';
import { Scenario, stepsOf } from './fixtures/scenario.js';
import { advance, useFakeTime } from './fixtures/fake-time.js';
import { webhookLike } from './fixtures/simulated-worker.js';

beforeEach(useFakeTime);
afterEach(() => {
  jest.useRealTimers();
});

const numRuns = Number(process.env['FAST_CHECK_RUNS'] ?? 150);
const LONG_MS = 600_000;

const limits = fc.record({
  maxInFlight: fc.constantFrom(1, 2, 7, 30),
  rateLimit: fc.option(fc.constantFrom({ limit: 20, perSeconds: 1 }, { limit: 1, perSeconds: 5 })),
});

const anything = stepsOf({
  take: 6,
  answered: 4,
  finish: 4,
  wait: 4,
  overdue: 1,
  allReleased: 1,
  lane: 1,
  store: 1,
});

/** Nothing that makes a window smaller, and no time without the store that outlasts a lease. */
const undisturbed = stepsOf({ take: 6, answered: 8, wait: 4, allReleased: 2, latency: 1 });

describe('whatever happens to the deliveries of a webhook', () => {
  it(
    'no worker has more requests in flight than slots, each delivery is answered, and nothing leaks',
    async () => {
      await fc.assert(
        fc.asyncProperty(limits, anything, async (limited, steps) => {
          const scenario = new Scenario(webhookLike(limited));
          for (const step of steps) {
            await scenario.play(step);
            for (const { inFlight, slots } of scenario.snapshots) expect(inFlight).toBeLessThanOrEqual(slots);
          }
          await scenario.end();
          for (const { waiting, inFlight, limiter } of scenario.workers) {
            expect({ waiting, inFlight }).toEqual({ waiting: 0, inFlight: 0 });
            expect(limiter.flowStates()).toEqual([]);
          }
          // Long before their leases run out.
          expect(scenario.store.inFlight(scenario.webhook)).toBe(0);
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'nobody waits after the end, and what is not in use is given back',
    async () => {
      await fc.assert(
        fc.asyncProperty(limits, anything, fc.boolean(), async (limited, steps, isAway) => {
          const scenario = new Scenario(webhookLike(limited));
          for (const step of steps) await scenario.play(step);
          scenario.store.mood = isAway ? 'away' : 'well';
          const stopping = Promise.all(scenario.workers.map(({ limiter }) => limiter.stop()));
          scenario.workers[0]?.takes(3, scenario.webhook);
          // Slots of a limited webhook that were given are waited for.
          await advance(1500, 25);
          await stopping;
          for (const { waiting } of scenario.workers) expect(waiting).toBe(0);
          if (!isAway) {
            for (const { inFlight, slots } of scenario.snapshots) {
              expect(slots).toBeGreaterThanOrEqual(inFlight);
              // Those that started at their time after all.
              if (!limited.rateLimit) expect(slots).toBe(inFlight);
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
    'all workers together keep to its window',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(1, 2, 7, 30), undisturbed, async (maxInFlight, steps) => {
          const scenario = new Scenario(webhookLike({ maxInFlight }));
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
    'every answer counts once, whichever worker wrote first and however often the store was away',
    async () => {
      const steps = stepsOf({ take: 6, answered: 8, wait: 4, away: 2 });
      await fc.assert(
        fc.asyncProperty(steps, async (taken) => {
          const scenario = new Scenario(webhookLike({ maxInFlight: 10_000 }));
          for (const step of taken) await scenario.play(step);
          await scenario.end();
          const answers = scenario.workers.reduce((sum, { startedAtMs }) => sum + startedAtMs.length, 0);
          expect(scenario.store.stateOf(scenario.webhook).window).toBe(INITIAL_WINDOW + answers);
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'nothing starts while its receiver wants a pause, once all workers have heard of it',
    async () => {
      const traffic = stepsOf({ take: 6, answered: 6, finish: 2, wait: 4, allReleased: 1 });
      await fc.assert(
        fc.asyncProperty(limits, traffic, traffic, async (limited, before, during) => {
          const scenario = new Scenario(webhookLike(limited));
          for (const step of before) await scenario.play(step);
          const heardMs = Date.now() + 60;
          const endMs = Date.now() + 1000;
          scenario.store.setState(scenario.webhook, { notBeforeMs: endMs });
          for (const step of during) await scenario.play(step);
          const starts = scenario.workers.flatMap(({ startedAtMs }) => startedAtMs);
          expect(starts.filter((atMs) => atMs > heardMs && atMs < endMs)).toEqual([]);
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );

  it(
    'a rate limit holds over all workers',
    async () => {
      const everyMs = 50;
      const rateLimit = { limit: 1000 / everyMs, perSeconds: 1 };
      await fc.assert(
        fc.asyncProperty(anything, async (steps) => {
          const scenario = new Scenario(webhookLike({ rateLimit }));
          for (const step of steps) await scenario.play(step);
          const starts = scenario.workers.flatMap(({ startedAtMs }) => startedAtMs).toSorted((a, b) => a - b);
          const [first = 0] = starts;
          // An answer of the store is on its way for at most so long, and a step of the test takes 5 ms.
          const late = 200 + 5;
          for (const [index, start] of starts.entries()) {
            expect(start - first).toBeGreaterThanOrEqual(index * everyMs - late);
          }
        }),
        { numRuns },
      );
    },
    LONG_MS,
  );
});
