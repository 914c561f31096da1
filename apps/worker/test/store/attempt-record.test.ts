import { expect, it } from '@jest/globals';
import { nextStep } from '../../src/store/attempt-record.js';

it.each([
  [
    'is retried in its lane',
    { status: 'pending', dueInMs: 5000 },
    { reschedule: { delayMs: 5000, lane: 'retry' } },
  ],
  ['is parked, or held', { status: 'pending', dueInMs: null }, { reschedule: null }],
  ['is settled', { status: 'succeeded', dueInMs: null }, { reschedule: null }],
  [
    'was made pending again is left to its other job',
    { status: 'pending', dueInMs: 0, isSuperseded: true },
    { reschedule: null, hasOtherJob: true },
  ],
  ['no longer exists', undefined, { reschedule: null }],
] as const)('after the record of its attempt, a delivery that %s', (_case, recorded, step) => {
  expect(nextStep({ retryLane: 'retry' }, recorded)).toEqual(step);
});
