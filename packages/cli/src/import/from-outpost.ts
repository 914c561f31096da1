import type { DeliveryFormatInput } from '@posthorn/contract';
import { z } from 'zod';
import { allPages } from './all-pages.js';
import { matchToSchema } from './match-to-schema.js';
import {
  type ImportedEventType,
  type ImportedSecret,
  type ImportedTenant,
  type ImportedWebhook,
  type ImportSource,
  unlessEmpty,
} from './records.js';
import { UsageError } from '../command/usage-error.js';
import type { SourceApi } from './source-api.js';
import { SourceError } from './source-error.js';
import { pathOf, type SourcePath } from './source-path.js';

const PAGE_SIZE = 100;

const TENANTS = ['tenants'];

/** The shapes of the npm package `@hookdeck/outpost-sdk`. */
const tenantPage = z.object({
  models: z.array(z.object({ id: z.string().min(1) })),
  pagination: z.object({ next: z.string().nullable() }),
});

const destination = z.object({
  id: z.string(),
  type: z.string(),
  topics: z.union([z.literal('*'), z.array(z.string())]),
  filter: z.record(z.string(), z.unknown()).nullish(),
  disabled_at: z.string().nullish(),
  config: z.looseObject({ url: z.string().nullish(), custom_headers: z.string().nullish() }),
  credentials: z
    .looseObject({
      secret: z.string().nullish(),
      previous_secret: z.string().nullish(),
      previous_secret_invalid_at: z.string().nullish(),
    })
    .nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  delivery_metadata: z.record(z.string(), z.string()).nullish(),
});
type Destination = z.output<typeof destination>;

const entity = z.object({ id: z.string() });

/** What receivers verify, by the setting `WEBHOOK_MODE` of Outpost. */
const MODES = {
  default: {
    format: { body: 'data', signatures: ['outpost'] },
    secretEncoding: 'text',
    headerPrefix: 'x-outpost-',
  },
  standard: {
    format: { body: 'data', signatures: ['standard-webhooks'] },
    secretEncoding: 'base64',
    headerPrefix: 'webhook-',
  },
} as const satisfies Record<
  string,
  {
    format: DeliveryFormatInput;
    secretEncoding: 'base64' | 'text';
    headerPrefix: string;
  }
>;

export type OutpostMode = keyof typeof MODES;
type Mode = (typeof MODES)[OutpostMode];

interface OutpostOptions {
  mode?: OutpostMode;
  /** The ids of the tenants to read. Absent: all. */
  tenants?: string[] | undefined;
}

/** Reads the tenants, their webhook destinations, and the topics of Outpost. */
export function fromOutpost(
  api: SourceApi,
  { mode: modeName = 'default', tenants }: OutpostOptions = {},
): ImportSource {
  const mode = MODES[modeName];
  return {
    name: `Outpost at ${api.url}`,
    format:
      modeName === 'standard'
        ? 'the headers webhook-… (WEBHOOK_MODE=standard)'
        : 'the headers x-outpost-… (if it has WEBHOOK_MODE=standard, pass --webhook-mode standard)',
    isLive: true,
    isPartial: tenants !== undefined,
    async *eventTypes(): AsyncGenerator<ImportedEventType> {
      for (const name of await api.get(['topics'], z.array(z.string()))) yield { name, notes: [] };
    },
    async *tenants(): AsyncGenerator<ImportedTenant> {
      const ids = tenants ?? tenantIds(api);
      for await (const id of ids)
        yield { externalId: id, name: id, webhooks: () => webhooksOf(api, id, mode) };
    },
    async has({ tenant, id }) {
      if (tenant === null) return false;
      return (await api.confirm([...destinationsPath(tenant), id], entity)) !== null;
    },
  };
}

const tenantIds = (api: SourceApi): AsyncGenerator<string> =>
  allPages({
    name: pathOf(TENANTS),
    idOf: (id) => id,
    async read(cursor) {
      const { models, pagination } = await tenantsPage(api, cursor);
      return { items: models.map(({ id }) => id), next: pagination.next || null };
    },
  });

const NOT_IMPLEMENTED = 501;

/** @throws UsageError if Outpost cannot list its tenants, because its Redis has no RediSearch */
async function tenantsPage(api: SourceApi, next: string | undefined): Promise<z.output<typeof tenantPage>> {
  try {
    return await api.get(TENANTS, tenantPage, { limit: PAGE_SIZE, next });
  } catch (error) {
    if (!(error instanceof SourceError) || error.status !== NOT_IMPLEMENTED) throw error;
    throw new UsageError(
      'This Outpost cannot list its tenants (without RediSearch). Name them: --tenant ID,ID',
      {
        cause: error,
      },
    );
  }
}

async function webhooksOf(api: SourceApi, tenantId: string, mode: Mode): Promise<ImportedWebhook[]> {
  const destinations = await api.get(destinationsPath(tenantId), z.array(destination));
  return destinations.map((each) => toWebhook(each, mode));
}

const destinationsPath = (tenantId: string): SourcePath => [...TENANTS, tenantId, 'destinations'];

function toWebhook(each: Destination, { format, secretEncoding, headerPrefix }: Mode): ImportedWebhook {
  const { url, custom_headers: customHeaders } = each.config;
  const custom = customHeaders
    ? z.record(z.string(), z.string()).safeParse(parseJson(customHeaders)).data
    : undefined;
  const headers = { ...metadataHeaders(each, headerPrefix), ...custom };
  return {
    externalId: each.id,
    url: url ?? '',
    settings: {
      eventTypes: each.topics === '*' ? ['*'] : each.topics,
      headers: unlessEmpty(headers),
      metadata: unlessEmpty(each.metadata),
      ...filterOf(each),
      deliveryFormat: { body: format.body, signatures: [...format.signatures] },
    },
    secrets: secretsOf(each, secretEncoding),
    isEnabled: !each.disabled_at,
    notes: notesOf(each),
    skip: skipReason(each),
  };
}

/** Outpost sends the delivery metadata with each event, as headers. */
const metadataHeaders = (
  { delivery_metadata: metadata }: Destination,
  prefix: string,
): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [`${prefix}${name}`, value]));

function secretsOf({ credentials }: Destination, secretEncoding: Mode['secretEncoding']): ImportedSecret[] {
  const { secret, previous_secret: previous, previous_secret_invalid_at: endsAt } = credentials ?? {};
  if (!secret) return [];
  const earlier = previous && endsAt ? [{ secret: previous, secretEncoding, endsAt }] : [];
  return [{ secret, secretEncoding }, ...earlier];
}

/** Returns the part of a filter that concerns the data, as a JSON Schema. */
function filterOf({ filter }: Destination): { filter?: Record<string, unknown> } {
  if (!filter || Object.keys(filter).length === 0) return {};
  const data = z.record(z.string(), z.unknown()).safeParse(filter['data']);
  const schema = data.success ? matchToSchema(data.data, 'outpost') : null;
  return schema === null ? {} : { filter: schema };
}

function skipReason(each: Destination): string | undefined {
  if (each.type !== 'webhook') return `a destination of type ${each.type} has no counterpart`;
  if (each.topics !== '*' && each.topics.length === 0) return 'it has no topics';
  const concerns = Object.keys(each.filter ?? {});
  if (concerns.some((key) => key !== 'data')) return `a filter of ${concerns.join(', ')} has no counterpart`;
  if (concerns.length > 0 && filterOf(each).filter === undefined)
    return 'its filter has no exact counterpart';
  return undefined;
}

function notesOf(each: Destination): string[] {
  const isFiltered = Object.keys(each.filter ?? {}).length > 0;
  return isFiltered ? ['filter translated to JSON Schema: check it'] : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
