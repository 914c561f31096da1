import { describe, expect, it } from '@jest/globals';
import { resolveTimeRange } from '../src/search/time-range.js';

const NOW = Date.parse('2026-03-01T12:00:07.000Z');

describe('resolveTimeRange', () => {
  it('moves in steps, so that the same range is not asked for twice', () => {
    const range = resolveTimeRange({ range: '1h' }, '24h', NOW);
    expect(range).toEqual({
      relative: '1h',
      from: '2026-03-01T11:00:15.000Z',
      to: '2026-03-01T12:00:15.000Z',
      interval: 'minute',
    });
    expect(resolveTimeRange({ range: '1h' }, '24h', NOW + 8000)).toEqual(range);
    expect(resolveTimeRange({ range: '1h' }, '24h', NOW + 9000)).not.toEqual(range);
  });

  it('is the fallback without a range', () => {
    expect(resolveTimeRange({}, '24h', NOW)).toMatchObject({ relative: '24h', interval: 'hour' });
  });

  it('stays where it is when it has both ends', () => {
    const search = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' };
    expect(resolveTimeRange(search, '24h', NOW)).toEqual({ relative: null, ...search, interval: 'day' });
  });

  it.each([
    { from: '2026-02-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z' },
    { from: '2026-02-01T00:00:00.000Z' },
    { to: '2026-02-01T00:00:00.000Z' },
  ])('is the fallback for half a range or one that ends before it begins: %j', (search) => {
    expect(resolveTimeRange(search, '15m', NOW).relative).toBe('15m');
  });
});
