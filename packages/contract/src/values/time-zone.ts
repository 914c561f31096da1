import { z } from 'zod';
import { rule } from './rule.js';

const MAX_LENGTH = 64;

/** Returns whether a text is a name of the IANA time zone database. Offsets such as `+02:00` are not. */
function isTimeZone(text: string): boolean {
  if (text.length > MAX_LENGTH || !/^[A-Za-z]/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/** The name of a time zone. */
export const timeZone = z
  .string()
  .refine(isTimeZone, rule('not_time_zone', { example: 'Europe/Berlin' }))
  .meta({ maxLength: MAX_LENGTH, example: 'Europe/Berlin' });
