import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { DeliveryTask } from '@posthorn/queue';
import { LaneTurns } from '../../src/lanes/lane-turns.js';
import { deliveryTask } from '../fixtures/delivery-task.js';

let turns: LaneTurns;

let limit: number | null;

beforeEach(() => {
  limit = null;
  const limitFast = (concurrency: number): void => void (limit = concurrency);
  turns = new LaneTurns({ concurrency: 40, limitFast, utilization: () => 0 });
});
afterEach(() => turns.stop());

const start = (task: Partial<DeliveryTask> = {}) => turns.wait(deliveryTask(task));

const startMany = (count: number, task: Partial<DeliveryTask> = {}) =>
  Promise.all(Array.from({ length: count }, () => start(task)));

it('lets the next deliveries of chains skip ahead in half of the lane', async () => {
  await startMany(30);
  await startMany(19, { isNext: true });
  await startMany(5, { isNext: true, lane: 'slow' });
  expect(turns.maySkipAhead('fast')).toBe(true);
  expect(turns.maySkipAhead('slow')).toBe(false);
  const endTurn = await start({ isNext: true });
  expect(turns.maySkipAhead('fast')).toBe(false);
  endTurn();
  expect(turns.maySkipAhead('fast')).toBe(true);
});

it('leaves half of a lane that is limited while one tenant floods it', async () => {
  await startMany(10, { isNext: true });
  expect(turns.maySkipAhead('fast')).toBe(true);
  await start({ prioritized: true });
  expect(limit).toBeLessThan(20);
  expect(turns.maySkipAhead('fast')).toBe(false);
});
