import { z } from 'zod';

/** A time as it comes in: RFC 3339 with an offset. */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time in RFC 3339: 2026-01-31T12:00:00Z' })
  .transform((text) => new Date(text));
