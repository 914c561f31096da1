import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { formatDuration, formatPercent } from '../src/components/format-number.js';
import { jsonTokens } from '../src/components/json-tokens.js';
import { describePlot } from '../src/components/describe-plot.js';
import { formatLocalTime, formatRelativeTime, formatUtcTime } from '../src/components/format-time.js';
import { parseSearchParams, stringifySearchParams } from '../src/search/search-params.js';
import { readNonce } from '../src/theme/nonce.js';

describe('jsonTokens', () => {
  it('preserves any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(
          jsonTokens(text)
            .map((token) => token.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });

  it('distinguishes keys from strings, including escaped quotes', () => {
    const kinds = jsonTokens('{"a\\"b": "c:\\"", "n": -1.5e3, "w": null}').map(({ kind, text }) => [
      kind,
      text,
    ]);
    expect(kinds).toEqual(
      expect.arrayContaining([
        ['key', '"a\\"b"'],
        ['string', '"c:\\""'],
        ['number', '-1.5e3'],
        ['word', 'null'],
      ]),
    );
  });
});

it('search parameters round-trip as strings', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (search) => {
      expect(parseSearchParams(stringifySearchParams(search))).toEqual({ ...search });
    }),
  );
  expect(parseSearchParams('?search=9911&on=true')).toEqual({ search: '9911', on: 'true' });
  expect(stringifySearchParams({ a: undefined })).toBe('');
});

it('formats absolute and relative times', () => {
  const date = new Date('2026-01-31T12:00:00.000Z');
  expect(formatUtcTime(date)).toBe('2026-01-31 12:00:00 UTC');
  expect(formatLocalTime(date)).toMatch(/2026.* (?:UTC|GMT[+-]?[\d:]*|[A-Z]{2,5})$/);
  expect(formatRelativeTime(date, date.getTime() + 4000)).toBe('now');
  expect(formatRelativeTime(date, date.getTime() + 3 * 60_000)).toBe('3 minutes ago');
  expect(formatRelativeTime(date, date.getTime() - 2 * 3_600_000)).toBe('in 2 hours');
});

it('formats percentages, and shows 100 % only for all', () => {
  expect([1, 0.99999, 0.9971, 0.7592, 0.5, 0, null].map(formatPercent)).toEqual([
    '100\u00A0%',
    '99.99\u00A0%',
    '99.71\u00A0%',
    '75.9\u00A0%',
    '50\u00A0%',
    '0\u00A0%',
    '–',
  ]);
});

it('formats durations', () => {
  expect([3, 999, 1400, 12_000, null].map(formatDuration)).toEqual(['3 ms', '999 ms', '1.4 s', '12 s', '–']);
});

it('describes a plot', () => {
  const points = [
    { time: 't1', succeeded: 3, p50: 40 },
    { time: 't2', succeeded: 4, p50: 20 },
    { time: 't3', succeeded: 0, p50: null },
  ];
  const of = (kind: 'bars' | 'lines', key: string) =>
    describePlot({
      label: 'Plot',
      kind,
      points,
      interval: 'minute',
      format: String,
      series: [{ key, label: key, color: '' }],
    });
  expect(of('bars', 'succeeded')).toBe('Plot. succeeded: 7 in total.');
  expect(of('lines', 'p50')).toBe('Plot. p50: latest 20, highest 40.');
  expect(of('lines', 'p99')).toBe('Plot. p99: no data.');
});

it('reads the nonce of the page', () => {
  expect(readNonce(page({ nonce: 'abc' }))).toBe('abc');
  expect(readNonce(page({ nonce: '' }))).toBeUndefined();
  expect(readNonce(page(null))).toBeUndefined();
});

function page(element: unknown): Document {
  return { querySelector: () => element } as unknown as Document;
}
