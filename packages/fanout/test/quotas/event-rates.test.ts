import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { newId } from '@posthorn/core';
import { type CuttableProxy, eventually, freshQueuePrefix, startCuttableProxy } from '@posthorn/testkit';
import { useFakeTimeouts } from '@posthorn/testkit/fake-time';
import { MAX_TURN_MS } from '../../src/quotas/event-rate-script.js';
import { createEventRates, type EventRates, type RateRequest } from '../../src/quotas/event-rates.js';

let queue: ReturnType<typeof freshQueuePrefix>;
let open: EventRates[];
let errors: unknown[];
beforeEach(() => {
  // Redis has all the time that it needs.
  useFakeTimeouts();
  queue = freshQueuePrefix();
  [open, errors] = [[], []];
});
afterEach(async () => {
  await Promise.all(open.map((rates) => rates.stop()));
  jest.useRealTimers();
  await queue.clear();
});

async function openRates(options: { redisUrl?: string; nowMs?: () => number } = {}): Promise<EventRates> {
  const rates = await createEventRates({ ...queue, onError: (error) => errors.push(error), ...options });
  open.push(rates);
  return rates;
}

const requestFor = (tenantId = newId()) => {
  return (fields: Partial<RateRequest> = {}): RateRequest => ({
    tenantId,
    eventsPerSecond: 10,
    events: 1,
    kind: 'call',
    ...fields,
  });
};

/** Takes one request after the other. Returns their waits. */
async function takeEach(rates: EventRates, requests: RateRequest[]): Promise<number[]> {
  const waits: number[] = [];
  for (const request of requests) waits.push(await rates.take(request));
  return waits;
}

/** Takes requests in one round trip, so that their waits begin at the same time. */
const takeTogether = (rates: EventRates, requests: RateRequest[]): Promise<number[]> =>
  Promise.all(requests.map(async (request) => rates.take(request)));

const times = <Item>(count: number, item: () => Item) => Array.from({ length: count }, item);
const admitted = (waits: number[]) => waits.filter((wait) => wait === 0).length;

describe('calls', () => {
  it('are admitted up to the rate of one second, over all processes', async () => {
    const [one, other] = [await openRates(), await openRates()];
    const request = requestFor();
    const startedAtMs = performance.now();
    const waits = [
      ...(await takeEach(one, times(8, request))),
      ...(await takeEach(other, times(8, request))),
    ];
    const earned = (performance.now() - startedAtMs) / 100;
    expect(admitted(waits)).toBeGreaterThanOrEqual(10);
    expect(admitted(waits)).toBeLessThanOrEqual(10 + earned + 1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(100);
  });

  it('are admitted again at the rate', async () => {
    const rates = await openRates();
    const request = requestFor();
    await takeEach(
      rates,
      times(11, () => request({ eventsPerSecond: 20 })),
    );
    await eventually(async () => expect(await rates.take(request({ eventsPerSecond: 20 }))).toBe(0));
  });

  it('may be larger than the rate, and delay the next call until they are paid for', async () => {
    const rates = await openRates();
    const request = requestFor();
    const [large, next] = await takeEach(rates, [request({ events: 1000 }), request()]);
    expect(large).toBe(0);
    // 990 events of debt, and one token. Some time may have passed since.
    expect(next).toBeGreaterThan(60_000);
    expect(next).toBeLessThanOrEqual(99_100);
  });

  it('of other tenants are not affected', async () => {
    const rates = await openRates();
    await rates.take(requestFor()({ events: 1000 }));
    expect(await rates.take(requestFor()())).toBe(0);
  });

  it('are admitted at once when the rate is raised', async () => {
    let now = 0;
    const rates = await openRates({ nowMs: () => now });
    const request = requestFor();
    await takeEach(rates, times(12, request));
    now += 1001;
    expect(await rates.take(request({ eventsPerSecond: 100_000 }))).toBe(0);
  });

  it('are admitted without a round trip once for each leased event, and only for a second', async () => {
    let now = 0;
    const rates = await openRates({ nowMs: () => now });
    // Five are leased.
    const request = requestFor();
    const take = () => rates.take(request({ eventsPerSecond: 100 }));
    await take();
    const taken = times(6, take);
    expect(taken.map((wait) => typeof wait)).toEqual([...times(5, () => 'number'), 'object']);
    await Promise.all(taken.map(async (wait) => wait));
    now += 1000;
    const later = take();
    expect(typeof later).toBe('object');
    await later;
  });

  it('together cost few round trips far below the rate', async () => {
    const rates = await openRates({ nowMs: () => 0 });
    const request = requestFor();
    await rates.take(request({ eventsPerSecond: 10_000 }));
    const waits = times(500, () => rates.take(request({ eventsPerSecond: 10_000 })));
    expect(waits).toEqual(times(500, () => 0));
  });
});

describe('pushes', () => {
  it('get one turn after the other, at the rate', async () => {
    const rates = await openRates();
    const request = requestFor();
    await rates.take(request({ events: 1000 }));
    const push = () => request({ kind: 'push' });
    const sentAtMs = performance.now();
    const waits = await takeTogether(rates, times(10, push));
    const next = await rates.take(push());
    const elapsedMs = performance.now() - sentAtMs;
    const [first = 0] = waits;
    expect(first).toBeGreaterThan(60_000);
    waits.forEach((wait, index) => expect(Math.abs(wait - first - index * 100)).toBeLessThanOrEqual(1));
    expect(next).toBeLessThanOrEqual(first + 1001);
    expect(next).toBeGreaterThanOrEqual(first + 999 - elapsedMs);
  });

  it('do not overtake those that wait for their turn', async () => {
    const rates = await openRates();
    const request = requestFor();
    // 10 are admitted. The turns of the others last for half a minute.
    await takeTogether(
      rates,
      times(310, () => request({ kind: 'push' })),
    );
    await eventually(async () => expect(await rates.take(request({ kind: 'turn' }))).toBe(0));
    expect(await rates.take(request({ kind: 'push' }))).toBeGreaterThan(0);
    // Also while there are tokens, of which this rate earns many in a round trip.
    expect(await rates.take(request({ kind: 'push', eventsPerSecond: 100_000 }))).toBeGreaterThan(0);
  });

  it('without a turn within five minutes are spread over that time', async () => {
    const rates = await openRates();
    const request = requestFor();
    await rates.take(request({ events: 10_000 }));
    const waits = await takeEach(
      rates,
      times(20, () => request({ kind: 'push' })),
    );
    for (const wait of waits) {
      expect(wait).toBeGreaterThanOrEqual(MAX_TURN_MS / 2);
      expect(wait).toBeLessThanOrEqual(MAX_TURN_MS);
    }
    expect(new Set(waits).size).toBeGreaterThan(10);
  });
});

describe('while Redis does not respond', () => {
  let proxy: CuttableProxy;
  beforeEach(async () => {
    proxy = await startCuttableProxy(queue.redisUrl);
  });
  afterEach(() => proxy.close());

  it('everything is admitted, without waiting for it each time', async () => {
    const rates = await openRates({ redisUrl: proxy.url, nowMs: () => 0 });
    const request = requestFor();
    await rates.take(request({ events: 1000 }));
    expect(await rates.take(request())).toBeGreaterThan(0);
    proxy.cut();
    const taken = rates.take(requestFor()());
    await eventually(() => {
      jest.advanceTimersByTime(500);
      expect(errors).toHaveLength(1);
    });
    expect(await taken).toBe(0);
    expect(rates.take(requestFor()())).toBe(0);
  });
});
