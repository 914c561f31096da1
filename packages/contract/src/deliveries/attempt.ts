import { ATTEMPT_TRIGGERS } from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { apiId } from '../values/ids.js';
import { jsonObject } from '../values/json-value.js';
import { timestamp } from '../values/lists.js';
import { recordedType } from '../values/recorded-type.js';
import { shownRequest } from './shown-request.js';

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
  responseHeaders: z
    .record(z.string(), z.string())
    .nullable()
    .meta({
      description:
        'The first headers of a response that is not 2xx, at most 1 KB, with names in lower case. Values that may be credentials are ' +
        '`[redacted]`; long values end with `…`. Null for a success, without a response, and for keys without the scope `webhooks:read`.',
      example: { 'content-type': 'text/html', 'x-request-id': '4f2c', 'set-cookie': '[redacted]' },
    }),
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
    trigger: z.enum(ATTEMPT_TRIGGERS).meta({
      id: 'AttemptTrigger',
      description:
        'What the attempt was made for: `schedule`, the first attempt and its retries; `retry`, a call or *Retry now*; `replay`; ' +
        '`recovery`, also one that Posthorn has started.',
    }),
    ...result,
  })
  .meta({ id: 'Attempt' });

export const testBody = z
  .strictObject({
    eventType: recordedType
      .refine((type) => type !== 'webhook.validation', rule('validation_event_type'))
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
        ...shownRequest,
        body: z.string(),
      })
      .meta({ id: 'TestRequest' }),
  })
  .meta({ id: 'TestAttempt' });
