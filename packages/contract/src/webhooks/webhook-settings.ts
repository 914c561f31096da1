import { DEFAULT_RETRY_SCHEDULE, MAX_TENANT_FILTER_COST } from '@posthorn/core';
import { z } from 'zod';
import { deliveryFormat } from './delivery-format.js';
import { externalId } from '../values/external-id.js';
import { storedJson } from '../values/json-value.js';
import { metadata } from '../values/metadata.js';
import { tags } from '../values/resource-tags.js';
import {
  column,
  type ColumnSettingOf,
  converted,
  type ReplacedSettingOf,
  type RequestedSettingsOf,
  type SettingColumnsOf,
  type SettingOf,
  settingsTable,
} from '../values/settings-table.js';
import { text } from '../values/text.js';
import { certificateSettings } from '../connections/certificate.js';
import { webhookAuth } from './webhook-auth.js';
import { customHeaders } from './webhook-headers.js';

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_IN_FLIGHT = 100;
const DEFAULT_AUTO_SUSPEND_AFTER_DAYS = 5;

/** In minutes: three days, longer than the default retry schedule. */
export const DEFAULT_MAX_BLOCKED_MINUTES = 4320;

const rateLimit = z
  .strictObject({ limit: z.int().min(1).max(10_000), perSeconds: z.int().min(1).max(3600) })
  .meta({
    id: 'RateLimit',
    description: 'At most `limit` requests per `perSeconds` seconds. Default: no limit.',
    example: { limit: 50, perSeconds: 1 },
  });

const ordering = z.enum(['none', 'strict', 'byKey']).meta({
  id: 'WebhookOrdering',
  description:
    'The order of the events: `none`; `strict`, one after the other in the order in which they were accepted; or `byKey`, the same ' +
    'for the events with the same `orderingKey`. A change applies to events accepted afterwards. Default: `none`.',
});

const onExhausted = z.enum(['skip', 'block']).meta({
  id: 'ExhaustedAction',
  description:
    'What happens when the retries of a delivery in order are exhausted: `skip`, it fails and the next one follows; or `block`, it ' +
    'is retried further, with the last delay of the schedule. Default: `skip`.',
});

const certificates = certificateSettings({
  client: 'that of the tenant, if it has one',
  ca: 'those of the tenant, or else the public ones',
});

/**
 * The settings of webhooks. Whatever lists them derives from this table: requests, responses, what PUT resets, the columns, imports, entity
 * tags, the audit log, configuration files, the flags of the command line and the form of the dashboard.
 */
export const WEBHOOK_SETTINGS = settingsTable({
  externalId: column({
    input: externalId.nullish().meta({
      description:
        'Your own id of the webhook, unique within its tenant. `ext:` and this id can be used in place of the `wh_…`. Default: none.',
    }),
    shown: z.string().nullable().meta({ description: 'Your own id of the webhook.' }),
    default: null,
    staysAtPut: true,
    appliesTo: 'all',
    kind: 'text',
    label: 'External ID',
    hint: 'Your own ID of the webhook, for API calls.',
  }),
  description: column({
    input: text(500).nullish(),
    shown: z.string().nullable(),
    default: null,
    appliesTo: 'all',
    kind: 'text',
    label: 'Description',
    hint: 'For your own reference.',
  }),
  headers: converted({ input: customHeaders.nullish(), default: {}, appliesTo: 'push' }),
  auth: converted({ input: webhookAuth.nullish(), default: null, appliesTo: 'push' }),
  deliveryFormat: converted({
    input: deliveryFormat
      .nullish()
      .meta({ description: 'How requests look. Default: the format of the tenant.' }),
    default: null,
    appliesTo: 'all',
  }),
  tags: column({
    input: tags.nullish().meta({
      description:
        'Your own tags, by which lists can be filtered. They are not sent to receivers. Default: none.',
    }),
    shown: z.array(z.string()).meta({ description: 'Sorted.' }),
    default: [],
    appliesTo: 'all',
    kind: 'list',
    label: 'Tags',
    hint: 'Your own labels, to filter lists. They are not sent.',
  }),
  metadata: column({
    input: metadata,
    shown: z.record(z.string(), z.unknown()),
    default: {},
    appliesTo: 'all',
    kind: 'json',
    label: 'Metadata',
    hint: 'Your own data as a JSON object. It is not sent.',
  }),
  retrySchedule: column({
    input: z
      .array(z.int().min(1).max(604_800))
      .max(20)
      .meta({
        description:
          'The delay after each failed attempt, in seconds, with ±20 % jitter. An empty list disables retries. Default: ' +
          `${DEFAULT_RETRY_SCHEDULE.join(', ')}.`,
        example: [5, 300],
      })
      .nullish(),
    shown: z.array(z.int()).meta({ example: DEFAULT_RETRY_SCHEDULE }),
    default: DEFAULT_RETRY_SCHEDULE,
    appliesTo: 'push',
    kind: 'numbers',
    label: 'Retry schedule',
    hint: 'Delays between attempts, ±20 %. Empty = no retries.',
    unit: 'seconds',
  }),
  timeoutMs: column({
    input: z
      .int()
      .min(1000)
      .max(30_000)
      .meta({ description: `Timeout of a request, in milliseconds. Default: ${DEFAULT_TIMEOUT_MS}.` })
      .nullish(),
    shown: z.int(),
    default: DEFAULT_TIMEOUT_MS,
    appliesTo: 'push',
    kind: 'number',
    label: 'Timeout',
    hint: 'Per request, max 30 s.',
    unit: 'ms',
  }),
  filter: converted({
    input: storedJson(4096)
      .nullish()
      .meta({
        description:
          'Sends only events whose `data` matches this JSON Schema (draft 2020-12). Supported keywords: type, const, enum, ' +
          'minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern, properties, ' +
          'required, dependentRequired, additionalProperties, minProperties, maxProperties, items, prefixItems, contains, ' +
          'minContains, maxContains, minItems, maxItems, allOf, anyOf, oneOf, not, if, then, else, title, description and ' +
          '$comment. A `pattern` must match a fixed length: no quantifiers, groups or alternatives. `properties` also matches ' +
          'data without the property; list the property in `required` to exclude that. A ' +
          'filter has a cost: conditions on each item of a list, patterns and lengths are expensive. A filter above 100 is rejected, ' +
          `and so is one with which the different filters of the tenant would cost more than ${MAX_TENANT_FILTER_COST} together.`,
        example: { properties: { amount: { minimum: 100 } }, required: ['amount'] },
      }),
    shown: z.record(z.string(), z.unknown()).nullable(),
    default: null,
    appliesTo: 'all',
  }),
  rateLimit: converted({
    input: rateLimit.nullish(),
    shown: rateLimit.nullable(),
    default: null,
    appliesTo: 'push',
  }),
  maxInFlight: column({
    input: z
      .int()
      .min(1)
      .max(1000)
      .meta({
        description: `Maximum number of requests in flight at the same time. Default: ${DEFAULT_MAX_IN_FLIGHT}.`,
      })
      .nullish(),
    shown: z.int(),
    default: DEFAULT_MAX_IN_FLIGHT,
    appliesTo: 'push',
    kind: 'number',
    label: 'Max requests in flight',
    hint: 'Concurrent requests, max 1,000.',
    unit: 'count',
  }),
  autoSuspendAfterDays: column({
    input: z
      .int()
      .min(0)
      .max(60)
      .meta({
        description: `Days without a success before the webhook is suspended. 0 means never. Default: ${DEFAULT_AUTO_SUSPEND_AFTER_DAYS}.`,
      })
      .nullish(),
    shown: z.int(),
    default: DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
    appliesTo: 'push',
    kind: 'number',
    label: 'Automatic suspension',
    hint: 'Days without a success before suspension (0 = never, max 60).',
    unit: 'days',
  }),
  ordering: column({
    input: ordering.nullish(),
    shown: ordering,
    default: 'none',
    appliesTo: 'push',
    kind: 'choice',
    label: 'Delivery order',
    hint: 'A change applies to events that are accepted afterwards.',
    choices: {
      none: 'No order',
      strict: 'One after the other',
      byKey: 'One after the other for each key',
    },
  }),
  onExhausted: column({
    input: onExhausted.nullish(),
    shown: onExhausted,
    default: 'skip',
    appliesTo: 'push',
    kind: 'choice',
    label: 'When the retries are exhausted',
    hint: 'Whether the next delivery in order follows, or the failed one is retried further.',
    choices: {
      skip: 'The delivery fails, and the next one follows',
      block: 'The delivery is retried further, and the next ones wait',
    },
  }),
  maxBlockedMinutes: column({
    input: z
      .int()
      .min(1)
      .max(43_200)
      .meta({
        description:
          'How long a delivery in order blocks those that follow it, from its first attempt, in minutes; then it is dropped with the ' +
          `reason \`skipped\`. Not above the retention of the installation, if that is longer than the default. Default: ${DEFAULT_MAX_BLOCKED_MINUTES}.`,
      })
      .nullish(),
    shown: z.int(),
    default: DEFAULT_MAX_BLOCKED_MINUTES,
    appliesTo: 'push',
    kind: 'number',
    label: 'Longest block',
    hint: 'A failing delivery is skipped this many minutes after its first attempt (1,440 = 1 day, max 43,200).',
    unit: 'minutes',
  }),
  sequence: column({
    input: z
      .boolean()
      .meta({
        description:
          'True numbers the deliveries of the webhook: 1, 2, 3, in the order in which the events were stored, without gaps. Requests have ' +
          'the number in the header `webhook-sequence`. A webhook with an `ordering` has numbers in any case, and so has one with `delivery` `pull`. ' +
          'Default: false.',
      })
      .nullish(),
    shown: z.boolean(),
    default: false,
    appliesTo: 'all',
    kind: 'boolean',
    label: 'Number the deliveries',
    hint: 'Requests have the number in the header webhook-sequence: 1, 2, 3, without gaps.',
  }),
  clientCertificate: converted({
    input: certificates.clientCertificate,
    default: null,
    staysAtPut: true,
    appliesTo: 'push',
  }),
  caCertificates: converted({
    input: certificates.caCertificates,
    default: null,
    staysAtPut: true,
    appliesTo: 'push',
  }),
} satisfies Record<string, AppliesTo>);

interface AppliesTo {
  /** `push`: it has no effect on a webhook that is read with its feed, which has the default. */
  appliesTo: 'push' | 'all';
}

type Settings = typeof WEBHOOK_SETTINGS;

export type WebhookSetting = SettingOf<Settings>;
export type ColumnSetting = ColumnSettingOf<Settings>;
export type ReplacedSetting = ReplacedSettingOf<Settings>;
export type SettingColumns = SettingColumnsOf<Settings>;
export type RequestedSettings = RequestedSettingsOf<Settings>;

/** The settings that have no effect on a webhook that is read with its feed. */
export const PUSH_SETTINGS: readonly WebhookSetting[] = WEBHOOK_SETTINGS.names.filter(
  (name) => WEBHOOK_SETTINGS.rows[name].appliesTo === 'push',
);
