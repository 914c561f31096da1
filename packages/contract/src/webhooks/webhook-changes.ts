import { z } from 'zod';
import { webhookTenant } from '../values/tenant-reference.js';
import { changedDestination, eventTypes, newDestination } from './destination.js';
import { initialSigningKey } from './signing-key.js';
import { ownSecret, shownSecret } from './signing-secret.js';
import { webhook } from './webhook.js';
import { WEBHOOK_SETTINGS } from './webhook-settings.js';

const shadow = z
  .boolean()
  .optional()
  .meta({
    description:
      'True makes the webhook a shadow: its deliveries are created, and end as `dropped` with the reason `shadow`; no request with ' +
      'an event starts after the response. Either change drops the pending deliveries, and only events published after it are ' +
      'affected. Requires a key for all tenants.',
  });

/** The keys that a new webhook signs with. */
const ownKeys = {
  ...ownSecret,
  signingKey: initialSigningKey.optional().meta({
    description:
      'Creates the webhook with an Ed25519 key: your `privateKey`, or a new one for `{}`. The webhook has no signing secret then, unless you ' +
      'pass `secret`, if its own delivery format has only Ed25519 signatures, such as ' +
      '`{"signatures": [{"profile": "standard-webhooks", "algorithm": "ed25519"}]}`.',
  }),
};

export const createWebhookBody = z
  .strictObject({
    ...newDestination,
    eventTypes,
    ...WEBHOOK_SETTINGS.inputs,
    ...ownKeys,
    shadow,
    tenantId: webhookTenant.optional(),
  })
  .meta({ id: 'CreateWebhook' });

export const updateWebhookBody = z
  .strictObject({
    ...changedDestination,
    eventTypes: eventTypes.optional(),
    ...WEBHOOK_SETTINGS.inputs,
    shadow,
    headersApproved: z
      .boolean()
      .optional()
      .meta({
        description:
          'Requires the scope `admin`. True sends the custom headers and the authentication, and presents the client certificate, also in the request that ' +
          'validates the URL, false withdraws that. The approval is for the origin (scheme, host, port) of this URL. Headers, authentication and client ' +
          'certificate set without the scope `admin` lose it.',
      }),
  })
  .meta({
    id: 'UpdateWebhook',
    description:
      'Absent settings keep their values; null resets a setting to its default. Headers, authentication, tags, metadata and filter are replaced as a whole.',
  });

export const putWebhookBody = z
  .strictObject({
    ...newDestination,
    eventTypes,
    ...WEBHOOK_SETTINGS.replacedInputs,
    ...ownKeys,
    shadow,
    tenantId: webhookTenant.optional(),
  })
  .meta({
    id: 'PutWebhook',
    description:
      'All settings of the webhook: absent ones get their defaults, except `shadow` and the certificates, which stay. `secret`, `signingKey` and `tenantId` have an effect only if the webhook is created.',
  });

export const createdWebhook = webhook
  .extend({
    secret: shownSecret
      .nullable()
      .meta({ description: 'The signing secret. Null if the webhook signs only with an Ed25519 key.' }),
  })
  .meta({ id: 'CreatedWebhook' });

export const putWebhookResult = webhook
  .extend({
    secret: shownSecret.nullable().meta({
      description:
        'The signing secret of a created webhook. Null for one that is replaced, or that signs only with an Ed25519 key.',
    }),
  })
  .meta({ id: 'PutWebhookResult' });
