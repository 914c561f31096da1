import { describe, expect, it } from '@jest/globals';
import { resolveTimeRange } from '../src/search/time-range.js';

const NOW = Date.parse('2026-03-01T12:00:07.000Z');

describe('resolveTimeRange', () => {
  it('advances in steps, so that queries are cached', () => {
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

  it('returns the fallback without a range', () => {
    expect(resolveTimeRange({}, '24h', NOW)).toMatchObject({ relative: '24h', interval: 'hour' });
  });

  it('returns a fixed range with both ends', () => {
    const search = { from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' };
    expect(resolveTimeRange(search, '24h', NOW)).toEqual({ relative: null, ...search, interval: 'day' });
  });

  it.each([
    { from: '2026-02-01T00:00:00.000Z', to: '2026-01-01T00:00:00.000Z' },
    { from: '2026-02-01T00:00:00.000Z' },
    { to: '2026-02-01T00:00:00.000Z' },
  ])('returns the fallback for an incomplete or reversed range: %j', (search) => {
    expect(resolveTimeRange(search, '15m', NOW).relative).toBe('15m');
  });
});
