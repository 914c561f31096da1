import { EVENT_TYPE, MAX_EVENT_TYPE_LENGTH } from '@posthorn/core';
import { z } from 'zod';
import { rule } from './rule.js';

/** The type of a recorded event: a published event or an operational event. */
export const recordedType = z
  .string()
  .max(MAX_EVENT_TYPE_LENGTH)
  .regex(EVENT_TYPE, rule('not_event_type'))
  .meta({ example: 'invoice.paid' });
