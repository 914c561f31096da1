import { z } from 'zod';
import { rule } from '../values/rule.js';
import { eventOutcome } from './event-outcome.js';
import { apiId } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import type { RouteDefinition } from '../routes/route.js';
import { text } from '../values/text.js';
import { listedTenant } from '../values/tenant-reference.js';

/** Longest search, in characters. */
const MAX_SEARCH_LENGTH = 1024;
/** Maximum number of search keys in a response. */
export const MAX_LISTED_SEARCH_KEYS = 50;

const DEFAULT_SEARCH_LIMIT = 20;
const MAX_SEARCH_LIMIT = 50;

export const SEARCH_KINDS = [
  'webhook',
  'tenant',
  'event_type',
  'event',
  'delivery',
  'replay',
  'recovery',
  'rejected_event',
  'api_key',
  'audit_entry',
] as const;

export type SearchKind = (typeof SEARCH_KINDS)[number];

const kind = z.enum(SEARCH_KINDS).meta({ id: 'SearchKind' });

const result = z
  .strictObject({
    kind,
    id: z.string().meta({
      description: 'The id of the resource, or the name of an event type.',
      example: 'evt_01jw000000e008000000000001',
    }),
    tenantId: apiId('tenant').nullable().meta({ description: 'Null for what all tenants share.' }),
    title: z
      .string()
      .nullable()
      .meta({
        description:
          'The URL of a webhook, the type of an event or of the event of a delivery, the name of a tenant, event type or key, the ' +
          'status of a replay or recovery, the message of a rejected event, or the action of an audit log entry. Null if the event has expired.',
      }),
    matchedBy: z
      .enum(['id', 'external_id', 'url', 'description', 'name', 'idempotency_key', 'payload'])
      .meta({
        id: 'SearchMatch',
        description:
          'Why it was found. `id`: also by the id of one of its attempts or signing secrets. `payload`: by a value at a search key.',
      }),
    searchKey: z.string().nullable().meta({
      description: 'For `payload`: the search key at which the value is.',
      example: '/order/id',
    }),
    webhookId: apiId('webhook')
      .nullable()
      .meta({ description: 'The webhook of a delivery, replay or recovery.' }),
    description: z.string().nullable().meta({ description: 'The description of a webhook.' }),
    event: z
      .strictObject(eventOutcome)
      .meta({ id: 'FoundEvent', description: 'Only of events. Absent if it takes too long to read.' })
      .optional(),
    eventId: apiId('event').nullable().meta({ description: 'The event of a delivery or replay.' }),
    createdAt: timestamp.meta({ description: 'When it was created; when an event was published.' }),
    occurredAt: timestamp.nullable().meta({ description: 'When an event happened.' }),
    publishedAt: timestamp.nullable().meta({ description: 'When an event was published.' }),
  })
  .meta({ id: 'SearchResult' });

export type SearchResultResponse = z.input<typeof result>;

const results = z
  .strictObject({
    data: z.array(result).meta({
      description: 'Grouped by kind, newest first.',
    }),
    more: z.array(kind).meta({ description: 'The kinds of which there are more results.' }),
    timedOut: z.array(kind).meta({
      description: 'The kinds whose search took too long. Choose a tenant or search for a longer text.',
    }),
    searchKeys: z.array(z.string()).meta({
      description:
        `The search keys of all event types, at most ${MAX_LISTED_SEARCH_KEYS}. Values elsewhere in a payload, and those of events ` +
        'that were accepted before a key was declared, are not found.',
      example: ['/order/id'],
    }),
  })
  .meta({ id: 'SearchResults' });

export const searchRoutes = {
  search: {
    isHeldInQuarantine: true,
    tag: 'Search',
    scope: ['events:read', 'deliveries:read', 'webhooks:read'],
    tenancy: 'own',
    portalFeatures: ['search'],
    method: 'get',
    path: '/v1/search',
    summary: 'Search',
    description:
      'Finds resources by an id, webhooks by a part of their URL, external id or description, tenants and event types by a part of their name, tenants also by ' +
      'their external id (`ext:` before it is ignored), and ' +
      'events by their idempotency key or by a value of their payload at a search key of their type. Values and keys must match ' +
      'exactly; a text of less than 3 characters must match all of a URL or name. Returns only what the scopes of the key allow; ' +
      'tenants, API keys and audit log entries require `admin:read`, and values that an event type redacts `payloads:read`. Without `tenantId`, a key for all tenants searches all of them.',
    query: z.strictObject({
      q: text(MAX_SEARCH_LENGTH)
        .trim()
        .min(1)
        .meta({
          pattern: String.raw`^[^\u0000]*[^\s\u0000][^\u0000]*$`,
          description: 'What to search for. Space around it is ignored.',
          example: '4711',
        }),
      tenantId: listedTenant.optional(),
      limit: z
        .string()
        .refine(
          (value) => /^\d{1,2}$/.test(value) && Number(value) >= 1 && Number(value) <= MAX_SEARCH_LIMIT,
          {
            message: rule('out_of_range', { min: 1, max: MAX_SEARCH_LIMIT }),
          },
        )
        .transform(Number)
        .default(DEFAULT_SEARCH_LIMIT)
        .meta({
          type: 'integer',
          minimum: 1,
          maximum: MAX_SEARCH_LIMIT,
          default: DEFAULT_SEARCH_LIMIT,
          description: 'Maximum number of results of each kind.',
        }),
    }),
    responses: { 200: { description: 'What was found.', body: results } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;
