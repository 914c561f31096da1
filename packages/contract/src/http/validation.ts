import { z } from 'zod';
import { timestamp } from './lists.js';
import { text } from './text.js';
import { webhook } from './webhook.js';

export const confirmBody = z.strictObject({ code: text(64).min(1).meta({ example: '7KQ2MXPD' }) });

export const requestedValidation = z
  .strictObject({
    status: z.enum(['code_sent', 'confirmed']),
    expiresAt: timestamp,
    responseStatus: z.int().meta({ description: 'What the receiver answered.' }),
    webhook: webhook.optional().meta({ description: 'Only with `confirmed`: the receiver echoed the code.' }),
  })
  .meta({ id: 'RequestedValidation' });
