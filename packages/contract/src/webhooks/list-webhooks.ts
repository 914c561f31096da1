import { z } from 'zod';
import { pageOf, pageQuery, sortedCursor } from '../values/lists.js';
import { tagFilter } from '../values/resource-tags.js';
import { listedTenant } from '../values/tenant-reference.js';
import { queryBoolean, searchText, text } from '../values/text.js';
import { subscriptionPattern, webhookDelivery } from './destination.js';
import { suspenderKind, webhookHealthState } from './webhook-health.js';
import { webhook, webhookStatus } from './webhook.js';

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
