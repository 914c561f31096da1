import { z } from 'zod';
import { timestamp } from '../values/lists.js';
import { text } from '../values/text.js';
import { webhook } from './webhook.js';

export const confirmBody = z
  .strictObject({
    code: text(64)
      .min(1)
      .meta({ description: 'The validation code that the receiver got.', example: '7KQ2MXPD' }),
  })
  .meta({ id: 'ConfirmValidation' });

export const attestBody = z
  .strictObject({
    reason: text(500).min(1).meta({
      description:
        'How you know that this URL belongs to the receiver. Shown permanently with the webhook and in the audit log.',
      example: 'Receives from our old system since 2024',
    }),
  })
  .meta({ id: 'AttestValidation' });

export const requestedValidation = z
  .strictObject({
    status: z.enum(['code_sent', 'confirmed']).meta({
      id: 'ValidationOutcome',
      description: '`confirmed` if the receiver returned the code in its response.',
    }),
    expiresAt: timestamp.meta({ description: 'When the code expires.' }),
    responseStatus: z.int().meta({ description: 'The HTTP status of the response of the receiver.' }),
    webhook: webhook
      .optional()
      .meta({ description: 'The validated webhook. Present only with `confirmed`.' }),
  })
  .meta({ id: 'RequestedValidation' });
