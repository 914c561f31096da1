import type { DeliveryFormatInput } from '@posthorn/contract';
import { z } from 'zod';
import { matchToSchema } from './match-to-schema.js';
import {
  type ImportedEventType,
  type ImportedTenant,
  type ImportedWebhook,
  type ImportSource,
  unlessEmpty,
} from './records.js';
import type { SourceApi } from './source-api.js';

const PAGE_SIZE = 100;

/** The shapes of the npm package `@hookdeck/outpost-sdk`. */
const tenantPage = z.object({
  models: z.array(z.object({ id: z.string() })).nullish(),
  pagination: z.object({ next: z.string().nullish() }).nullish(),
});

const destination = z.object({
  id: z.string(),
  type: z.string(),
  topics: z.union([z.literal('*'), z.array(z.string())]),
  filter: z.record(z.string(), z.unknown()).nullish(),
  disabled_at: z.string().nullish(),
  config: z.looseObject({ url: z.string().nullish(), custom_headers: z.string().nullish() }),
  credentials: z.looseObject({ secret: z.string().nullish() }).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  delivery_metadata: z.record(z.string(), z.string()).nullish(),
});
type Destination = z.output<typeof destination>;

/** What the receivers of Outpost verify, with its default settings. */
const FORMAT: DeliveryFormatInput = { body: 'data', signatures: ['outpost'] };

/** Reads the tenants, their webhook destinations, and the topics of Outpost. */
export function fromOutpost(api: SourceApi): ImportSource {
  return {
    name: 'Outpost',
    async *eventTypes(): AsyncGenerator<ImportedEventType> {
      for (const name of await api.get('/topics', z.array(z.string()))) yield { name, notes: [] };
    },
    async *tenants(): AsyncGenerator<ImportedTenant> {
      let next: string | undefined;
      do {
        const { models, pagination } = await api.get('/tenants', tenantPage, { limit: PAGE_SIZE, next });
        for (const { id } of models ?? [])
          yield { externalId: id, name: id, webhooks: () => webhooksOf(api, id) };
        next = pagination?.next || undefined;
      } while (next !== undefined);
    },
  };
}

async function webhooksOf(api: SourceApi, tenantId: string): Promise<ImportedWebhook[]> {
  const path = `/tenants/${encodeURIComponent(tenantId)}/destinations`;
  return (await api.get(path, z.array(destination))).map(toWebhook);
}

function toWebhook(each: Destination): ImportedWebhook {
  const { url, custom_headers: customHeaders } = each.config;
  const headers = customHeaders
    ? z.record(z.string(), z.string()).safeParse(parseJson(customHeaders)).data
    : undefined;
  return {
    externalId: each.id,
    url: url ?? '',
    settings: {
      eventTypes: each.topics === '*' ? ['*'] : each.topics,
      headers: unlessEmpty(headers),
      metadata: unlessEmpty(each.metadata),
      ...filterOf(each),
      deliveryFormat: FORMAT,
    },
    secret: each.credentials?.secret ?? undefined,
    secretEncoding: 'text',
    isEnabled: !each.disabled_at,
    notes: notesOf(each),
    skip: skipReason(each),
  };
}

/** Returns the part of a filter that concerns the data, as a JSON Schema. */
function filterOf({ filter }: Destination): { filter?: Record<string, unknown> } {
  if (!filter || Object.keys(filter).length === 0) return {};
  const data = z.record(z.string(), z.unknown()).safeParse(filter['data']);
  const schema = data.success ? matchToSchema(data.data) : null;
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
  const isTagged = Object.keys(each.delivery_metadata ?? {}).length > 0;
  return [
    ...(isFiltered ? ['filter translated to JSON Schema: check it'] : []),
    ...(isTagged ? ['its delivery metadata (headers) has no counterpart'] : []),
  ];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
