import { z } from 'zod';
import { apiId } from './ids.js';
import { jsonObject } from './json-value.js';
import { timestamp } from './lists.js';
import { recordedType } from './recorded-type.js';

const result = {
  startedAt: timestamp,
  durationMs: z.int().meta({ description: 'Duration of the request, in milliseconds.' }),
  succeeded: z
    .boolean()
    .meta({ description: 'True if the receiver responded with a 2xx status within the timeout.' }),
  responseStatus: z
    .int()
    .nullable()
    .meta({ description: 'The HTTP status of the response. Null if there was no response.' }),
  responseBody: z
    .string()
    .nullable()
    .meta({ description: 'The first 1 KB of the response body. Null if there was no response.' }),
  error: z
    .strictObject({ code: z.string(), message: z.string() })
    .meta({ id: 'AttemptError' })
    .nullable()
    .meta({
      description:
        'Why there was no response. Null if there was one. `message` names the host or address only for keys with the scope ' +
        '`webhooks:read`.',
    }),
};

export const attempt = z
  .strictObject({
    id: apiId('attempt'),
    deliveryId: apiId('delivery'),
    number: z.int().meta({ description: 'The number of the attempt. The first is 1.' }),
    ...result,
  })
  .meta({ id: 'Attempt' });

export const testBody = z
  .strictObject({
    eventType: recordedType
      .refine((type) => type !== 'webhook.validation', 'is reserved for validation requests')
      .meta({ description: 'The event type of the test event, also an operational event.' }),
    data: jsonObject.optional().meta({
      description:
        'The payload of the test event. Default: the example of the event type, or `{}` if it has none.',
    }),
  })
  .meta({ id: 'TestWebhook' });

export const testAttempt = z
  .strictObject({
    id: apiId('attempt'),
    webhookId: apiId('webhook'),
    eventId: apiId('event'),
    eventType: z.string(),
    ...result,
    request: z
      .strictObject({
        url: z.string(),
        headers: z
          .record(z.string(), z.string())
          .meta({ description: 'The headers of the request. Values of custom headers are omitted.' }),
        body: z.string(),
      })
      .meta({ id: 'TestRequest' }),
  })
  .meta({ id: 'TestAttempt' });
