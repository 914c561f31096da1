import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { formatDuration, formatPercent } from '../src/components/format-number.js';
import { jsonTokens } from '../src/components/json-tokens.js';
import { describePlot } from '../src/components/describe-plot.js';
import { formatRelativeTime, formatUtcTime } from '../src/components/format-time.js';
import { parseSearchParams, stringifySearchParams } from '../src/search/search-params.js';
import { readNonce } from '../src/theme/nonce.js';

describe('jsonTokens', () => {
  it('leaves the text as it is, whatever it is', () => {
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

  it('tells keys from strings, also with quotes in them', () => {
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

it('addresses keep texts, and texts alone', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (search) => {
      expect(parseSearchParams(stringifySearchParams(search))).toEqual({ ...search });
    }),
  );
  expect(parseSearchParams('?search=9911&on=true')).toEqual({ search: '9911', on: 'true' });
  expect(stringifySearchParams({ a: undefined })).toBe('');
});

it('times', () => {
  const date = new Date('2026-01-31T12:00:00.000Z');
  expect(formatUtcTime(date)).toBe('2026-01-31 12:00:00 UTC');
  expect(formatRelativeTime(date, date.getTime() + 4000)).toBe('now');
  expect(formatRelativeTime(date, date.getTime() + 3 * 60_000)).toBe('3 minutes ago');
  expect(formatRelativeTime(date, date.getTime() - 2 * 3_600_000)).toBe('in 2 hours');
});

it('shares that are not all are not 100 %', () => {
  expect([1, 0.99999, 0.5, 0, null].map(formatPercent)).toEqual(['100%', '99.99%', '50%', '0%', '–']);
  expect([3, 999, 1400, 12_000, null].map(formatDuration)).toEqual(['3 ms', '999 ms', '1.4 s', '12 s', '–']);
});

it('a plot in words', () => {
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
  expect(of('bars', 'succeeded')).toBe('Plot. succeeded: 7 in all.');
  expect(of('lines', 'p50')).toBe('Plot. p50: 20 at last, 40 at most.');
  expect(of('lines', 'p99')).toBe('Plot. p99: nothing.');
});

it('the nonce of the page, if it has one', () => {
  expect(readNonce(page({ nonce: 'abc' }))).toBe('abc');
  expect(readNonce(page({ nonce: '' }))).toBeUndefined();
  expect(readNonce(page(null))).toBeUndefined();
});

function page(element: unknown): Document {
  return { querySelector: () => element } as unknown as Document;
}
