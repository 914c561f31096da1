import { z } from 'zod';
import { certificates } from '../connections/certificate.js';
import { apiId } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import { deliveryFormat } from './delivery-format.js';
import { webhookDelivery } from './destination.js';
import { shownAuth } from './webhook-auth.js';
import { suspender, webhookHealth } from './webhook-health.js';
import { WEBHOOK_SETTINGS } from './webhook-settings.js';

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
