import { SUSPENDERS, WEBHOOK_HEALTH } from '@posthorn/core';
import { z } from 'zod';
import { blocked } from './blocked-key.js';
import { timestamp } from '../values/lists.js';

export const webhookHealthState = z.enum(WEBHOOK_HEALTH).meta({ id: 'WebhookHealthState' });

export const webhookHealth = z
  .strictObject({
    state: webhookHealthState.meta({
      description:
        '`failing`: the last 5 attempts failed, or more than half of those of the last 10 minutes; it ends when ' +
        'the last 5 succeeded, or when the share is no longer reached and the last one succeeded. `throttled`: not failing, but deliveries are held by the rate limit of the webhook or by a `Retry-After` of ' +
        'its receiver. `healthy`: neither; also without attempts, and for a webhook that is not active.',
    }),
    since: timestamp.nullable().meta({
      description:
        'Since when the webhook has this state; for a failing one, the first failure since the last success. Null if the state ' +
        'never changed since the webhook was activated.',
    }),
    lastStatus: z.int().nullable().meta({
      description: 'The HTTP status of the last attempt. Null if there was no attempt, or no response.',
    }),
    lastError: z.string().nullable().meta({
      description: 'The code of the error of the last attempt. Null if there was none.',
      example: 'timeout',
    }),
    failureRate: z.number().nullable().meta({
      description:
        'The share of attempts that failed in the 10 minutes up to the last attempt, 0 to 1. Null if there was no attempt.',
    }),
    averageMs: z.int().nullable().meta({
      description:
        'The average response time in the last 10 minutes with attempts, in milliseconds. Null without a response.',
    }),
    lastAttemptAt: timestamp.nullable().meta({
      description: 'The minute of the last attempt. Null if there was no attempt.',
    }),
    blocked: blocked.nullable().meta({
      description:
        'The oldest failed delivery of a webhook with an order that waits for a retry: those that follow it wait, too. Null if there is none. ' +
        '`GET /v1/webhooks/{id}/blocked-keys` lists all of them.',
    }),
  })
  .meta({
    id: 'WebhookHealth',
    description:
      'How the receiver responds. It is evaluated every 10 seconds while there are attempts, and `healthy` while the tenant is suspended.',
  });

export const suspenderKind = z.enum(SUSPENDERS).meta({ id: 'SuspenderKind' });

export const suspender = z
  .strictObject({
    kind: suspenderKind.meta({
      description:
        '`system`: Posthorn itself. `operator`: a key for all tenants. `tenant`: a key or portal link of the tenant.',
    }),
    name: z.string().nullable().meta({
      description:
        'The name of the key at that time. Null for Posthorn itself and, when read with a key of a tenant, for everyone.',
    }),
  })
  .meta({ id: 'Suspender' });
