import { MAX_OWN_SECRET_LENGTH, SECRET_ENCODINGS } from '@posthorn/core';
import { z } from 'zod';
import { certificates } from '../connections/certificate.js';
import { deliveryFormat } from './delivery-format.js';
import { apiId } from '../values/ids.js';
import { pageOf, pageQuery, sortedCursor, timestamp } from '../values/lists.js';
import { tagFilter } from '../values/resource-tags.js';
import { queryBoolean, searchText, text } from '../values/text.js';
import { initialSigningKey } from './signing-key.js';
import { shownAuth } from './webhook-auth.js';
import { suspender, suspenderKind, webhookHealth, webhookHealthState } from './webhook-health.js';
import {
  changedDestination,
  eventTypes,
  newDestination,
  subscriptionPattern,
  webhookDelivery,
} from './destination.js';
import { WEBHOOK_SETTINGS } from './webhook-settings.js';
import { listedTenant, webhookTenant } from '../values/tenant-reference.js';

const shadow = z
  .boolean()
  .optional()
  .meta({
    description:
      'True makes the webhook a shadow: its deliveries are created, and end as `dropped` with the reason `shadow`; no request with ' +
      'an event starts after the response. Either change drops the pending deliveries, and only events published after it are ' +
      'affected. Requires a key for all tenants.',
  });

/** A signing secret that the caller brings. */
export const ownSecret = {
  secret: text(MAX_OWN_SECRET_LENGTH)
    .min(16)
    .optional()
    .meta({
      description:
        'Your own signing secret, such as the one that your receivers already verify: `whsec_…`, text, or base64, of 16 to 128 bytes. ' +
        'It is stored encrypted. Default: a new secret.',
      example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    }),
  secretEncoding: z
    .enum(SECRET_ENCODINGS)
    .meta({ id: 'SecretEncoding' })
    .optional()
    .meta({
      description:
        'How `secret` represents the bytes of the key: `base64`, with or without `whsec_` before it, or `text`: its UTF-8 bytes, ' +
        'including a prefix. Default: `base64` for `whsec_…` and for base64 that has padding, `+` or `/`; else `text`.',
    }),
};

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

/** The statuses of webhooks in responses. Deleted webhooks are not found. */
export const webhookStatus = z
  .enum(['pending_validation', 'active', 'suspended'])
  .meta({ id: 'WebhookStatus' });

const NAME_OF_KEY = 'The name of the key at that time. Null for a caller that is bound to a tenant.';

const webhookNotifications = z
  .strictObject({
    mutedAt: timestamp.nullable().meta({ description: 'When they were muted. Null if they are not.' }),
    mutedUntil: timestamp.nullable().meta({ description: 'When the mute ends. Null: it has no end.' }),
    mutedBy: z.string().nullable().meta({ description: NAME_OF_KEY }),
    acknowledgedAt: timestamp.nullable().meta({
      description: 'When the present state was acknowledged. Null if it was not.',
    }),
    acknowledgedBy: z.string().nullable().meta({ description: NAME_OF_KEY }),
  })
  .meta({
    id: 'WebhookNotifications',
    description:
      'Whether notifications about the webhook are muted: for a key for all tenants, those to the operator; otherwise those to the tenant.',
  });

const { externalId, description, ...otherSettings } = WEBHOOK_SETTINGS.shown;

export const webhook = z
  .strictObject({
    id: apiId('webhook'),
    tenantId: apiId('tenant'),
    externalId,
    delivery: webhookDelivery,
    url: z.string().nullable().meta({ description: 'Null for a webhook that is read with its feed.' }),
    pendingUrl: z.string().nullable().meta({ description: 'A new URL that is not validated yet.' }),
    eventTypes: z.array(z.string()),
    description,
    headerNames: z.array(z.string()).meta({ description: 'The names of the custom headers.' }),
    auth: shownAuth.nullable().meta({
      description:
        'How requests authenticate themselves at the receiver, without the secret. Null: they do not.',
    }),
    headersApproved: z.boolean().meta({
      description:
        'Whether the request that validates the URL has the custom headers, the authentication, and the headers and custom signatures of the delivery ' +
        'format: an `admin` key has set or approved them, or the origin of the URL is validated. All other requests have them.',
    }),
    deliveryFormat: deliveryFormat
      .nullable()
      .meta({ description: 'How requests look. Null: the format of the tenant.' }),
    effectiveDeliveryFormat: deliveryFormat.meta({
      description: 'The format that applies: that of the webhook, of its tenant, or the standard format.',
    }),
    ...certificates,
    ...otherSettings,
    numbered: z.boolean().meta({
      description:
        'Whether the webhook numbers its deliveries and has a feed: by `sequence`, an `ordering`, or `delivery` `pull`.',
    }),
    status: webhookStatus,
    shadow: z.boolean().nullable().meta({
      description:
        'Whether the webhook is a shadow: its deliveries are created, but nothing is sent. Keys of a tenant get null.',
    }),
    importedFrom: z.string().nullable().meta({
      description:
        'The system that the webhook was imported from. Null if it was not. Keys of a tenant get null.',
    }),
    importedId: z.string().nullable().meta({
      description:
        'The id under which it was imported: its `externalId`, unless that was changed since. An import follows this id. Null if it was not imported. Keys of a tenant get null.',
    }),
    health: webhookHealth,
    notifications: webhookNotifications,
    oldestPendingAt: timestamp.nullable().meta({
      description: 'When the oldest pending delivery was created. Null if there is none.',
    }),
    suspendReason: z
      .string()
      .nullable()
      .meta({ description: 'Why the webhook is suspended. Null if it is not.' }),
    suspendedAt: timestamp
      .nullable()
      .meta({ description: 'When the webhook was suspended. Null if it is not.' }),
    suspendedBy: suspender
      .nullable()
      .meta({ description: 'Who suspended the webhook. Null if it is not suspended.' }),
    activeSince: timestamp
      .nullable()
      .meta({ description: 'The webhook receives only events published after this time.' }),
    validatedAt: timestamp.nullable().meta({
      description:
        'When a code from the URL was confirmed. Null if there was none, or the present URL was only attested.',
    }),
    attestation: z
      .strictObject({
        url: z.string(),
        attestedAt: timestamp,
        by: z
          .string()
          .nullable()
          .meta({ description: 'The name of the key at that time. Keys of a tenant get null.' }),
        reason: z.string(),
      })
      .meta({ id: 'Attestation' })
      .nullable()
      .meta({
        description:
          'That an operator has attested a URL of the webhook in place of a validation. It stays when the URL is validated later. Null if none did.',
      }),
    slow: z.boolean().meta({
      description:
        'True if the receiver responds late or times out. Its deliveries use the slow lane and do not delay others.',
    }),
    failingSince: timestamp
      .nullable()
      .meta({ description: 'The first failure since the last success. Null if the last attempt succeeded.' }),
    createdAt: timestamp,
    updatedAt: timestamp,
  })
  .meta({ id: 'Webhook' });

export type WebhookResponse = z.input<typeof webhook>;

const secret = z.string().meta({
  description:
    'The signing secret, as the library of the first signature of the delivery format takes it: for `standard-webhooks` and `svix` ' +
    '`whsec_` and the bytes of the key in base64, also if it is yours. It is returned only in this response.',
  example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
});

export const createdWebhook = webhook
  .extend({
    secret: secret
      .nullable()
      .meta({ description: 'The signing secret. Null if the webhook signs only with an Ed25519 key.' }),
  })
  .meta({ id: 'CreatedWebhook' });

export const putWebhookResult = webhook
  .extend({
    secret: secret.nullable().meta({
      description:
        'The signing secret of a created webhook. Null for one that is replaced, or that signs only with an Ed25519 key.',
    }),
  })
  .meta({ id: 'PutWebhookResult' });

export const suspendedWebhook = webhook
  .extend({
    droppedDeliveries: z.int().meta({
      description:
        'The number of pending deliveries that this call dropped. If there are too many for one call, the others are dropped in ' +
        'the background; none of them is sent. A delivery whose request was in flight is counted, and becomes `succeeded` if its ' +
        'receiver accepts it.',
    }),
  })
  .meta({ id: 'SuspendedWebhook' });

/** The orders of a list of webhooks. */
const WEBHOOK_SORTS = [
  'created',
  'health',
  'status',
  'latency',
  'failureRate',
  'backlog',
  'lastAttempt',
] as const;

const webhookSort = z.enum(WEBHOOK_SORTS).meta({ id: 'WebhookSort' });

export const listWebhooksQuery = z.strictObject({
  limit: pageQuery.limit,
  cursor: sortedCursor,
  sort: webhookSort.default('created').meta({
    description:
      'The order of the webhooks: `created`, newest first; `health`, failing first, then throttled; `status`, suspended first, then ' +
      'active; `latency`, slowest first; `failureRate`, highest first; `backlog`, oldest pending delivery first; `lastAttempt`, ' +
      'latest first. Equal ones, and those without a value, newest first. While the values change, a webhook may be on two pages or ' +
      'on none.',
  }),
  status: webhookStatus.optional(),
  delivery: webhookDelivery.optional().meta({ description: 'Returns only webhooks with this `delivery`.' }),
  health: webhookHealthState.optional().meta({ description: 'Returns only webhooks with this health.' }),
  slow: queryBoolean
    .optional()
    .meta({ description: 'Returns only webhooks that are `slow`, or that are not.' }),
  suspendedBy: suspenderKind.optional().meta({ description: 'Returns only webhooks suspended by these.' }),
  eventType: subscriptionPattern.optional().meta({
    description:
      'Returns only webhooks that receive events of this type. With a pattern, returns only webhooks subscribed to exactly this ' +
      'pattern.',
  }),
  url: text(2048).optional().meta({ description: 'The exact current or pending URL.' }),
  search: searchText.meta({
    description:
      'Returns only webhooks whose URL, pending URL, external id or description contains this text.',
  }),
  tag: tagFilter('webhooks'),
  importedFrom: text(200).optional().meta({
    description: 'Returns only webhooks imported from this system. Requires a key for all tenants.',
  }),
  imported: queryBoolean.optional().meta({
    description:
      'Returns only webhooks that were imported from another system, or only the others. Requires a key for all tenants.',
  }),
  tenantId: listedTenant.optional(),
});

export const webhookPage = pageOf(webhook, 'WebhookPage');

export const suspendBody = z
  .strictObject({
    reason: text(500).min(1).default('manual').meta({
      description: 'Why the webhook is suspended. Shown with the webhook and in the audit log.',
    }),
  })
  .meta({ id: 'SuspendWebhook' });

export const reactivateBody = z
  .strictObject({
    reason: text(500)
      .optional()
      .meta({ description: 'Why the webhook is reactivated. Shown in the audit log.' }),
  })
  .meta({ id: 'ReactivateWebhook' });

export const rotateSecretBody = z
  .strictObject({
    overlapHours: z.int().min(0).max(168).default(24).meta({
      description: 'How long older secrets remain valid at most, in hours. 0 ends all of them immediately.',
    }),
    ...ownSecret,
  })
  .meta({ id: 'RotateSecret' });

/** A signing secret in a list, without its value. */
const signingSecret = z
  .strictObject({
    id: apiId('signingSecret'),
    createdAt: timestamp,
    endsAt: timestamp
      .nullable()
      .meta({ description: 'Requests are signed with it until this time. Null for the current secret.' }),
  })
  .meta({ id: 'SigningSecret' });

export type SigningSecretResponse = z.input<typeof signingSecret>;

export const signingSecretPage = pageOf(signingSecret, 'SigningSecretPage');

export const listSecretsQuery = z.strictObject(pageQuery);

export const rotatedSecret = z.strictObject({ secret }).meta({ id: 'RotatedSecret' });
