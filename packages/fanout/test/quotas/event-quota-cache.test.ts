import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { OwnEventQuotas } from '@posthorn/database/events';
import { EventQuotaCache } from '../../src/quotas/event-quota-cache.js';

const DEFAULTS = { eventsPerSecond: null, eventBytes: 1000 };

let now: number;
let own: OwnEventQuotas;
const read = jest.fn((tenantIds: readonly string[]) => Promise.resolve(tenantIds.map(() => own)));
let cache: EventQuotaCache;
beforeEach(() => {
  now = 0;
  own = { eventsPerSecond: 5, eventBytes: null };
  read.mockClear();
  cache = new EventQuotaCache({ read, defaults: DEFAULTS, nowMs: () => now });
});

const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('the event quotas of a tenant', () => {
  it('are its own, or else the defaults', async () => {
    expect(await cache.get('a')).toEqual({ eventsPerSecond: 5, eventBytes: 1000 });
  });

  it('are read once for concurrent events', async () => {
    await Promise.all([cache.get('a'), cache.get('a'), cache.get('b')]);
    expect(read.mock.calls).toEqual([[['a', 'b']]]);
    expect(cache.get('a')).not.toBeInstanceOf(Promise);
  });

  it('are read again after a second, without delaying the event', async () => {
    await cache.get('a');
    own = { eventsPerSecond: 9, eventBytes: null };
    now = 1000;
    expect(cache.get('a')).toMatchObject({ eventsPerSecond: 5 });
    await settled();
    expect(cache.get('a')).toMatchObject({ eventsPerSecond: 9 });
    expect(read).toHaveBeenCalledTimes(2);
  });

  it('apply for three seconds at most', async () => {
    await cache.get('a');
    own = { eventsPerSecond: 9, eventBytes: null };
    now = 3000;
    expect(await cache.get('a')).toMatchObject({ eventsPerSecond: 9 });
  });

  it('stay as they are for a while if they cannot be read', async () => {
    await cache.get('a');
    read.mockRejectedValueOnce(new Error('no connection'));
    now = 1000;
    expect(cache.get('a')).toMatchObject({ eventsPerSecond: 5 });
    await settled();
    read.mockRejectedValueOnce(new Error('no connection'));
    now = 3000;
    await expect(cache.get('a')).rejects.toThrow('no connection');
    expect(await cache.get('a')).toMatchObject({ eventsPerSecond: 5 });
  });
});
