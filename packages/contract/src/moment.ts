import { z } from 'zod';

/** A time in a request: RFC 3339 with an offset. Parsed to a Date. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time in RFC 3339 format, such as 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text));
