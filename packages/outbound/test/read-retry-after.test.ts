import { expect, it } from '@jest/globals';
import { readRetryAfter } from '../src/read-retry-after.js';

const NOON = 'Sun, 06 Nov 1994 12:00:00 GMT';
const FIVE_PAST = 'Sun, 06 Nov 1994 12:05:00 GMT';

it.each([
  ['seconds', '120', NOON, '120'],
  ['a date, as seconds by the clock of the receiver', FIVE_PAST, NOON, '300'],
  ['a date in the past', NOON, FIVE_PAST, '0'],
  ['a date without a Date', FIVE_PAST, undefined, FIVE_PAST],
  ['a date with an invalid Date', FIVE_PAST, 'Sun, 99 Nov 1994 12:00:00 GMT', FIVE_PAST],
  ['an invalid value', 'soon', NOON, 'soon'],
  ['no value', undefined, NOON, null],
])('Retry-After is read as sent: %s', (_what, retryAfter, date, expected) => {
  expect(readRetryAfter({ 'retry-after': retryAfter, date })).toBe(expected);
});
