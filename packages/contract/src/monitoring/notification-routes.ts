import { z } from 'zod';
import { rule } from '../values/rule.js';
import { moment } from '../values/moment.js';
import { idParams } from '../values/ids.js';
import { pageOf, timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { emailAddress } from '../values/email-address.js';
import { tenantReference, webhookTenantQuery } from '../values/tenant-reference.js';
import { webhook } from '../webhooks/webhook.js';

/** Maximum number of addresses of a tenant that get emails. */
export const MAX_RECIPIENTS = 10;

/** Maximum number of addresses that a tenant can add within a day. */
export const MAX_RECIPIENTS_ADDED_PER_DAY = 2 * MAX_RECIPIENTS;

const notifications = z
  .strictObject({
    email: z
      .strictObject({
        enabled: z.boolean().meta({ description: 'Whether an SMTP server is configured.' }),
        from: z.string().nullable(),
        operatorRecipients: z.array(z.string()),
        waiting: z.int().meta({ description: 'The number of notices that are not sent yet.' }),
        lastSentAt: timestamp.nullable(),
        lastFailedAt: timestamp.nullable().meta({
          description: 'When sending last failed for a message that is still unsent. Null if there is none.',
        }),
        lastError: z.string().nullable().meta({ description: 'The error of that failure.' }),
      })
      .meta({ id: 'EmailState' }),
  })
  .meta({ id: 'Notifications' });

const testedNotifications = z
  .strictObject({
    recipients: z.array(z.string()).meta({ description: 'The addresses that the test email was sent to.' }),
  })
  .meta({ id: 'TestedNotifications' });

const recipient = z
  .strictObject({
    address: z.string(),
    status: z.enum(['unconfirmed', 'confirmed', 'unsubscribed']).meta({
      id: 'RecipientStatus',
      description:
        '`unconfirmed`: its owner has not followed the link in the first message, and it gets nothing else. `unsubscribed`: its ' +
        'owner has unsubscribed.',
    }),
    createdAt: timestamp,
  })
  .meta({ id: 'NotificationRecipient' });

export type RecipientResponse = z.input<typeof recipient>;

const address = emailAddress.transform((text) => text.toLowerCase());
const tenantQuery = z.strictObject({ tenantId: tenantReference.optional() });

const muteBody = z
  .strictObject({
    untilAt: moment
      .refine((time) => time.getTime() > Date.now(), rule('in_past'))
      .nullish()
      .meta({ description: 'When notifications start again. Default: when the webhook is unmuted.' }),
  })
  .meta({ id: 'MuteWebhook' });

const operator = { tag: 'Notifications', scope: 'admin', tenancy: 'all' } as const;
const own = { tag: 'Notifications', tenancy: 'own', portalFeatures: ['notifications'] } as const;
const read = { ...own, scope: 'webhooks:read' } as const;
const write = { ...own, scope: 'webhooks:write' } as const;
const operate = { ...own, scope: 'webhooks:operate' } as const;
const ofWebhook = { params: idParams('webhook'), query: webhookTenantQuery };
const AUDIENCE =
  'A key for all tenants acts for the operator; a key or portal link of a tenant acts for that tenant.';

export const notificationRoutes = {
  getNotifications: {
    ...operator,
    scope: 'admin:read',
    method: 'get',
    path: '/v1/notifications',
    summary: 'Get the state of notifications',
    description: 'Returns the addresses of the operator, and the state of sending emails.',
    responses: { 200: { description: 'The state.', body: notifications } },
  },
  testNotifications: {
    ...operator,
    isHeldInQuarantine: true,
    method: 'post',
    path: '/v1/notifications/test',
    summary: 'Send a test email',
    description:
      'Sends a test email to the operator. Returns 409 `invalid_state` if no SMTP server or no address is configured, and 422 ' +
      '`email_not_sent` if the server does not accept it.',
    responses: { 200: { description: 'The server accepted the message.', body: testedNotifications } },
    errors: ['invalid_state', 'email_not_sent'],
  },
  listRecipients: {
    ...read,
    method: 'get',
    path: '/v1/notification-recipients',
    summary: 'List recipients of emails',
    description:
      'Returns the addresses that get emails about the webhooks of a tenant, at most ' +
      `${MAX_RECIPIENTS}. Without a confirmed one, the \`contactEmail\` of the tenant gets them.`,
    query: tenantQuery,
    responses: {
      200: { description: 'The recipients.', body: pageOf(recipient, 'NotificationRecipientPage') },
    },
    errors: ['not_found'],
  },
  addRecipient: {
    ...write,
    method: 'post',
    path: '/v1/notification-recipients',
    summary: 'Add a recipient of emails',
    description:
      'Adds an address and sends it a link to confirm it, again if it is not confirmed yet. Returns 409 `invalid_state` if no SMTP ' +
      'server is configured, 409 `conflict` if the address is confirmed, and 403 `quota_exceeded` if the tenant has ' +
      `${MAX_RECIPIENTS} addresses or has added ${MAX_RECIPIENTS_ADDED_PER_DAY} within a day. An address is asked at most once a day and ` +
      'three times in 30 days, by all tenants together and also after it was removed: beyond that, the response is 429 ' +
      '`too_many_confirmations` with `Retry-After`. It is 409 `address_unsubscribed` if the owner of the address has unsubscribed from ' +
      'the emails of the tenant; only the owner can undo that, with the link in an email.',
    body: z
      .strictObject({ address, tenantId: tenantReference.optional() })
      .meta({ id: 'AddNotificationRecipient' }),
    responses: {
      201: {
        description: 'The recipient. Read it in the list of recipients.',
        body: recipient,
      },
    },
    errors: [
      'not_found',
      'invalid_state',
      'conflict',
      'quota_exceeded',
      'address_unsubscribed',
      'too_many_confirmations',
    ],
  },
  removeRecipient: {
    ...write,
    method: 'delete',
    path: '/v1/notification-recipients/:address',
    summary: 'Remove a recipient of emails',
    description: 'Removes an address. It gets no more emails.',
    params: z.strictObject({ address }),
    query: tenantQuery,
    responses: { 204: { description: 'The address is removed.', body: null } },
  },
  muteWebhook: {
    ...operate,
    ...ofWebhook,
    method: 'post',
    path: '/v1/webhooks/:id/notifications/mute',
    summary: 'Mute the notifications of a webhook',
    description:
      'Stops emails about the webhook and, for the operator, operational events to webhooks of the system scope. The operational ' +
      `events of the tenant's own webhooks continue. ${AUDIENCE}`,
    body: muteBody,
    bodyOptional: true,
    responses: { 200: { description: 'The webhook.', body: webhook } },
  },
  unmuteWebhook: {
    ...operate,
    ...ofWebhook,
    method: 'post',
    path: '/v1/webhooks/:id/notifications/unmute',
    summary: 'Unmute the notifications of a webhook',
    description: `Ends a mute and an acknowledgement. ${AUDIENCE}`,
    responses: { 200: { description: 'The webhook.', body: webhook } },
  },
  acknowledgeWebhook: {
    ...operate,
    ...ofWebhook,
    method: 'post',
    path: '/v1/webhooks/:id/notifications/acknowledge',
    summary: 'Acknowledge the state of a webhook',
    description:
      'Stops further notifications that a webhook is failing, until its state changes. Returns 409 `invalid_state` if it is neither ' +
      `failing nor suspended. ${AUDIENCE}`,
    responses: { 200: { description: 'The webhook.', body: webhook } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
