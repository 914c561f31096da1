import { z } from 'zod';
import { rule } from './rule.js';

const error = rule('not_time', { example: '2026-01-31T12:00:00Z' });

/** Returns whether a time has a year of four digits in UTC, too: RFC 3339 has no others. */
const hasFourDigitYear = (time: Date): boolean => time.getUTCFullYear() >= 0 && time.getUTCFullYear() <= 9999;

/** A time in a request: RFC 3339 with an offset. Parsed to a Date. */
export const moment = z.iso
  .datetime({ offset: true, error })
  .transform((text) => new Date(text))
  .refine(hasFourDigitYear, error);

/** A time, rounded up to 1970. Nothing is older. */
export const since1970 = moment.transform((time) => new Date(Math.max(time.getTime(), 0)));
