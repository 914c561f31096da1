import { groupBy } from '@posthorn/core';
import { z } from 'zod';
import { collect } from '../command/collect.js';
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
import type { SourceApi } from './source-api.js';
import { pathOf, type SourcePath } from './source-path.js';

const PAGE_SIZE = 100;

/** Of OpenAPI document `docs/v3/openapi3.json` of Convoy. Older versions have `title` and `target_url`. */
const endpoint = z.object({
  uid: z.string(),
  owner_id: z.string().nullish(),
  name: z.string().nullish(),
  title: z.string().nullish(),
  url: z.string().nullish(),
  target_url: z.string().nullish(),
  description: z.string().nullish(),
  status: z.string().nullish(),
  secrets: z.array(z.object({ value: z.string(), expires_at: z.string().nullish() })).nullish(),
  advanced_signatures: z.boolean().nullish(),
  /** In seconds; as a duration such as `10s` in older versions. */
  http_timeout: z.union([z.number(), z.string()]).nullish(),
  rate_limit: z.int().nullish(),
  rate_limit_duration: z.union([z.number(), z.string()]).nullish(),
  authentication: z
    .object({
      type: z.string().nullish(),
      api_key: z.object({ header_name: z.string(), header_value: z.string() }).nullish(),
    })
    .nullish(),
});
type Endpoint = z.output<typeof endpoint>;

const subscription = z.object({
  uid: z.string(),
  endpoint_metadata: z.object({ uid: z.string() }).nullish(),
  filter_config: z
    .object({
      event_types: z.array(z.string()).nullish(),
      filter: z
        .object({
          headers: z.record(z.string(), z.unknown()).nullish(),
          body: z.record(z.string(), z.unknown()).nullish(),
        })
        .nullish(),
    })
    .nullish(),
  function: z.string().nullish(),
});
type Subscription = z.output<typeof subscription>;

const eventTypes = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      description: z.string().nullish(),
      deprecated_at: z.string().nullish(),
      json_schema: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});

/** Reads the endpoints, subscriptions and event types of a Convoy project. Its tenants are the owners of the endpoints. */
export function fromConvoy(api: SourceApi, projectId: string): ImportSource {
  const project = ['api', 'v1', 'projects', projectId];
  return {
    name: `Convoy at ${api.url}, project ${projectId}`,
    format: 'X-Convoy-Signature (if its project has another header or hash, pass --delivery-format)',
    isLive: true,
    async *eventTypes(): AsyncGenerator<ImportedEventType> {
      const { data } = await api.get([...project, 'event-types'], eventTypes);
      for (const { name, description, deprecated_at: deprecatedAt, json_schema: schema } of data)
        if (name !== '*' && !deprecatedAt)
          yield {
            name,
            description: description || undefined,
            schema: unlessEmpty(schema),
            notes: [],
          };
    },
    async *tenants(): AsyncGenerator<ImportedTenant> {
      const subscriptions = groupBy(
        await collect(pages(api, [...project, 'subscriptions'], subscription)),
        ({ endpoint_metadata: subscribed }) => subscribed?.uid ?? null,
      );
      const endpoints = await collect(pages(api, [...project, 'endpoints'], endpoint));
      for (const [owner, owned] of groupBy(endpoints, ({ owner_id: ownerId }) => ownerId || null)) {
        const webhooks = owned.map((each) => toWebhook(each, subscriptions.get(each.uid) ?? []));
        yield { externalId: owner, name: owner ?? 'default', webhooks: () => Promise.resolve(webhooks) };
      }
    },
    async has({ tenant, id }) {
      const found = await api.confirm([...project, 'endpoints', id], entity);
      // With another owner it is a webhook of another tenant.
      return found !== null && (found.data.owner_id || null) === tenant;
    },
  };
}

const entity = z.object({ data: z.object({ uid: z.string(), owner_id: z.string().nullish() }) });

/** A page that is not the last one has a cursor. */
const paginations = z.union([
  z.object({ has_next_page: z.literal(false) }),
  z.object({ has_next_page: z.literal(true), next_page_cursor: z.string().min(1) }),
]);

function pages<Item extends z.ZodType<{ uid: string }>>(
  api: SourceApi,
  path: SourcePath,
  item: Item,
): AsyncGenerator<z.output<Item>> {
  // Go writes an empty list as null.
  const shape = z.object({
    data: z.object({
      content: z.array(item).nullable(),
      pagination: paginations,
    }),
  });
  return allPages({
    name: pathOf(path),
    idOf: ({ uid }) => uid,
    async read(cursor) {
      const query = { perPage: PAGE_SIZE, direction: 'next', next_page_cursor: cursor };
      const { content, pagination } = (await api.get(path, shape, query)).data;
      return { items: content ?? [], next: pagination.has_next_page ? pagination.next_page_cursor : null };
    },
  });
}

function toWebhook(each: Endpoint, subscriptions: Subscription[]): ImportedWebhook {
  const { authentication, advanced_signatures: isAdvanced } = each;
  const apiKey = authentication?.api_key;
  const rateSeconds = seconds(each.rate_limit_duration) ?? 1;
  const { filter, skip, notes } = filterOf(subscriptions);
  return {
    externalId: each.uid,
    url: each.url ?? each.target_url ?? '',
    settings: {
      eventTypes: eventTypesOf(subscriptions),
      description: each.description || each.name || each.title || undefined,
      headers: apiKey?.header_name ? { [apiKey.header_name]: apiKey.header_value } : undefined,
      filter,
      rateLimit: each.rate_limit ? { limit: each.rate_limit, perSeconds: rateSeconds } : undefined,
      timeoutMs: timeoutMs(each.http_timeout),
      // Its receivers verify a hash in hex; a project can have other settings.
      deliveryFormat: { body: 'data', signatures: [isAdvanced ? 'convoy-advanced' : 'convoy'] },
    },
    secrets: secretsOf(each),
    isEnabled: each.status === undefined || each.status === null || each.status === 'active',
    notes: [
      ...notes,
      ...(authentication?.type && !apiKey
        ? [`its authentication (${authentication.type}) has no counterpart`]
        : []),
    ],
    skip,
  };
}

/** Returns the current secret, the first one that does not expire, and then the previous ones. */
function secretsOf({ secrets }: Endpoint): ImportedSecret[] {
  const all = secrets ?? [];
  const current = all.find(({ expires_at: expiresAt }) => isNever(expiresAt)) ?? all.at(-1);
  if (current === undefined) return [];
  const previous = all.flatMap(({ value, expires_at: endsAt }): ImportedSecret[] =>
    isNever(endsAt) || !endsAt || value === current.value
      ? []
      : [{ secret: value, secretEncoding: 'text', endsAt }],
  );
  return [{ secret: current.value, secretEncoding: 'text' }, ...previous];
}

/** The zero time of Go stands for never. */
const isNever = (time: string | null | undefined): boolean => !time || time.startsWith('0001-');

function eventTypesOf(subscriptions: Subscription[]): string[] {
  const types = subscriptions.flatMap(({ filter_config: config }) => config?.event_types ?? ['*']);
  return types.includes('*') ? ['*'] : [...new Set(types)];
}

function filterOf(subscriptions: Subscription[]): Pick<ImportedWebhook, 'skip' | 'notes'> & {
  filter?: Record<string, unknown>;
} {
  if (subscriptions.length === 0) return { skip: 'it has no subscription', notes: [] };
  if (subscriptions.some((each) => each.function))
    return { skip: 'the function of its subscription has no counterpart', notes: [] };
  const filters = subscriptions.map(({ filter_config: config }) => config?.filter ?? {});
  if (filters.some(({ headers }) => Object.keys(headers ?? {}).length > 0))
    return { skip: 'a filter of headers has no counterpart', notes: [] };
  const bodies = filters.map(({ body }) => body ?? {}).filter((body) => Object.keys(body).length > 0);
  if (bodies.length === 0) return { notes: [] };
  if (subscriptions.length > 1)
    return { skip: 'several subscriptions, one with a filter: make a webhook of each', notes: [] };
  const filter = matchToSchema(bodies[0] ?? {}, 'convoy');
  if (filter === null) return { skip: 'its filter has no exact counterpart', notes: [] };
  return { filter, notes: ['filter translated to JSON Schema: check it'] };
}

const MIN_TIMEOUT_MS = 1000;
const MAX_TIMEOUT_MS = 30_000;

function timeoutMs(timeout: number | string | null | undefined): number | undefined {
  const value = seconds(timeout);
  return value === undefined ? undefined : Math.min(Math.max(value * 1000, MIN_TIMEOUT_MS), MAX_TIMEOUT_MS);
}

/** Reads a number of seconds, or a duration of Go such as `10s` or `1m0s`. Returns undefined if there is none. */
function seconds(value: number | string | null | undefined): number | undefined {
  if (typeof value === 'number') return value > 0 ? value : undefined;
  const [, minutes = '0', rest = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(value ?? '') ?? [];
  return Number(minutes) * 60 + Number(rest) || undefined;
}
