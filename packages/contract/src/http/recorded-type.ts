import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH } from '@posthorn/core';
import { z } from 'zod';

/** The type of a recorded event: a published event or an operational event. */
export const recordedType = z
  .string()
  .max(MAX_EVENT_TYPE_LENGTH)
  .regex(EVENT_TYPE, 'must be segments of letters, digits, _ and - separated by dots, such as invoice.paid')
  .meta({ example: 'invoice.paid' });
