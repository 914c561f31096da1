import { z } from 'zod';
import { publishedType } from '../messages.js';
import { apiId } from './ids.js';
import { timestamp } from './lists.js';

const result = {
  startedAt: timestamp,
  durationMs: z.int(),
  succeeded: z.boolean().meta({ description: 'Whether a 2xx came in time.' }),
  responseStatus: z.int().nullable(),
  responseBody: z.string().nullable().meta({ description: 'The first 1 KB.' }),
  error: z
    .strictObject({ code: z.string(), message: z.string() })
    .nullable()
    .meta({ description: 'Why there was no answer.' }),
};

export const attempt = z
  .strictObject({
    id: apiId('attempt'),
    deliveryId: apiId('delivery'),
    number: z.int().meta({ description: '1 is the first.' }),
    ...result,
  })
  .meta({ id: 'Attempt' });

export const testBody = z.strictObject({ eventType: publishedType });

export const testAttempt = z
  .strictObject({
    id: apiId('attempt'),
    webhookId: apiId('webhook'),
    eventId: apiId('event'),
    eventType: z.string(),
    ...result,
    request: z.strictObject({
      url: z.string(),
      headers: z
        .record(z.string(), z.string())
        .meta({ description: 'Values of custom headers are left out.' }),
      body: z.string(),
    }),
  })
  .meta({ id: 'TestAttempt' });
