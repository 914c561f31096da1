import { afterEach, expect, it, jest } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AcceptQueues } from '../src/accept/accept-queues.js';
import { BatchSizer } from '../src/accept/batch-sizer.js';
import { pendingEvent } from '../src/events/compose-event.js';
import { CostlyEvents } from '../src/rules/costly-events.js';
import { SequencedTypes } from '../src/events/sequenced-events.js';
import { eventOf } from './fixtures/ordered-webhooks.js';

afterEach(() => {
  jest.restoreAllMocks();
});

it('only events that are known as ordered wait for the ordered ones', async () => {
  let nowMs = 0;
  jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const flushed: string[] = [];
  const releases: (() => void)[] = [];
  const sequencedTypes = new SequencedTypes();
  const queues = new AcceptQueues({
    async acceptBatch(queue, batch) {
      flushed.push(queue);
      nowMs += 1000;
      // The second batch does not end before it is released.
      if (flushed.length === 2) await new Promise<void>((resolve) => releases.push(resolve));
      return batch.map(() => ({ status: 'accepted', id: '', deliveries: 0 }));
    },
    // An event of unknown fan-out fills a batch.
    sizer: new BatchSizer(() => Promise.resolve([])),
    costlyEvents: new CostlyEvents(),
    sequencedTypes,
    options: {},
  });
  const [ordered, other] = [eventOf('a', { type: 'ordered' }), eventOf('a', { type: 'other' })];
  sequencedTypes.learn([{ event: ordered }], { sequenced: [{ tenantId: 'a', pattern: 'ordered' }] });

  const results = queues.submit(Array.from({ length: 5 }, () => pendingEvent(ordered)));
  while (flushed.length < 2) await nextTurn();
  expect(queues.expectedWaitMs([ordered])).toBeGreaterThan(0);
  expect(queues.expectedWaitMs([ordered, other])).toBeGreaterThan(0);
  expect(queues.expectedWaitMs([other])).toBe(0);
  for (const release of releases) release();
  await Promise.all(results);
  expect(flushed).toEqual(Array.from({ length: 5 }, () => 'ordered'));
});
