import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH } from '@posthorn/core';
import { z } from 'zod';

/** The type of an event that may be on record: of one that somebody published, or of one of Posthorn's own. */
export const recordedType = z
  .string()
  .max(MAX_EVENT_TYPE_LENGTH)
  .regex(EVENT_TYPE, 'must be segments of letters, digits, _ and -, joined by dots: invoice.paid')
  .meta({ example: 'invoice.paid' });
