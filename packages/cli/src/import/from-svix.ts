import type { DeliveryFormatInput } from '@posthorn/contract';
import { z } from 'zod';
import { allPages } from './all-pages.js';
import {
  type ImportedEventType,
  type ImportedTenant,
  type ImportedWebhook,
  type ImportSource,
  unlessEmpty,
} from './records.js';
import type { SourceApi } from './source-api.js';
import type { Query } from './source-client.js';
import { pathOf, type SourcePath } from './source-path.js';

const PAGE_SIZE = 250;

const APPLICATIONS = ['api', 'v1', 'app'];

/** The shapes of the npm package `svix`. */
const application = z.object({ id: z.string(), name: z.string(), uid: z.string().nullish() });

const endpoint = z.object({
  id: z.string(),
  uid: z.string().nullish(),
  url: z.string(),
  description: z.string().nullish(),
  disabled: z.boolean().nullish(),
  filterTypes: z.array(z.string()).nullish(),
  channels: z.array(z.string()).nullish(),
  rateLimit: z.int().nullish(),
  throttleRate: z.int().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});

const eventType = z.object({
  name: z.string(),
  description: z.string().nullish(),
  groupName: z.string().nullish(),
  archived: z.boolean().nullish(),
  schemas: z.record(z.string(), z.unknown()).nullish(),
});

const secret = z.object({ key: z.string() });

const headers = z.object({
  headers: z.record(z.string(), z.string()),
  sensitive: z.array(z.string()),
});

const transformation = z.object({ enabled: z.boolean().nullish() });

/** What the receivers of Svix verify: the data as the body, and `svix-` headers. */
const FORMAT: DeliveryFormatInput = { body: 'data', signatures: ['svix'] };

/** With `WHITELABEL_HEADERS`: `webhook-` headers. */
const WHITE_LABEL: DeliveryFormatInput = { body: 'data', signatures: ['standard-webhooks'] };

/** Reads all applications, their endpoints, and the event types of Svix. */
export function fromSvix(api: SourceApi, { isWhiteLabeled = false } = {}): ImportSource {
  const format = isWhiteLabeled ? WHITE_LABEL : FORMAT;
  return {
    name: `Svix at ${api.url}`,
    format: isWhiteLabeled
      ? 'the headers webhook-… (--white-label)'
      : 'the headers svix-… (if it has WHITELABEL_HEADERS, pass --white-label)',
    isLive: true,
    async *eventTypes() {
      for await (const each of pages(api, ['api', 'v1', 'event-type'], eventTypeList, {
        with_content: 'true',
      }))
        if (!each.archived) yield toEventType(each);
    },
    async *tenants(): AsyncGenerator<ImportedTenant> {
      for await (const { id, uid, name } of pages(api, APPLICATIONS, applicationList))
        yield { externalId: uid ?? id, name, webhooks: () => webhooksOf(api, id, format) };
    },
    async has({ tenant, id }) {
      if (tenant === null) return false;
      const path = [...APPLICATIONS, tenant];
      const found = await api.confirm([...path, 'endpoint', id], entity);
      // Found by its id, while it has a uid now: it is listed and imported under that.
      if (found === null || nameOf(found) !== id) return false;
      return nameOf(await api.get(path, entity)) === tenant;
    },
  };
}

const entity = z.object({ id: z.string(), uid: z.string().nullish() });

const nameOf = ({ id, uid }: z.output<typeof entity>): string => uid ?? id;

/** A page that is not the last one has an iterator. */
const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.union([
    z.object({ data: z.array(item), done: z.literal(true) }),
    z.object({ data: z.array(item), done: z.literal(false), iterator: z.string().min(1) }),
  ]);

/** What a list has, and what identifies it. */
interface Listed<Item extends z.ZodType> {
  item: Item;
  idOf: (item: z.output<Item>) => string;
}

const listed = <Item extends z.ZodType>(item: Item, idOf: Listed<Item>['idOf']): Listed<Item> => ({
  item,
  idOf,
});

const applicationList = listed(application, ({ id }) => id);
const endpointList = listed(endpoint, ({ id }) => id);
const eventTypeList = listed(eventType, ({ name }) => name);

function pages<Item extends z.ZodType>(
  api: SourceApi,
  path: SourcePath,
  { item, idOf }: Listed<Item>,
  query: Query = {},
): AsyncGenerator<z.output<Item>> {
  const shape = pageOf(item);
  return allPages({
    name: pathOf(path),
    idOf,
    async read(iterator) {
      const page = await api.get(path, shape, { ...query, limit: PAGE_SIZE, iterator });
      return { items: page.data, next: page.done ? null : page.iterator };
    },
  });
}

function toEventType({
  name,
  description,
  groupName,
  schemas,
}: z.output<typeof eventType>): ImportedEventType {
  // Posthorn has one schema of a type: the newest.
  const versions = Object.keys(schemas ?? {}).toSorted((a, b) => Number(a) - Number(b));
  const newest = versions.at(-1);
  const schema =
    newest === undefined ? undefined : z.record(z.string(), z.unknown()).safeParse(schemas?.[newest]);
  return {
    name,
    description: description ?? undefined,
    group: groupName ?? undefined,
    schema: schema?.data,
    notes: [
      ...(versions.length > 1 ? [`only version ${newest} of its schema`] : []),
      ...(schema?.data
        ? ['its schema is enforced: events that break it are rejected, which Svix does not do']
        : []),
    ],
  };
}

async function webhooksOf(
  api: SourceApi,
  applicationId: string,
  deliveryFormat: DeliveryFormatInput,
): Promise<ImportedWebhook[]> {
  const webhooks: ImportedWebhook[] = [];
  const path = [...APPLICATIONS, applicationId, 'endpoint'];
  for await (const each of pages(api, path, endpointList)) {
    const own = [...path, each.id];
    const [{ key }, custom, transformed] = await Promise.all([
      api.get([...own, 'secret'], secret),
      api.get([...own, 'headers'], headers),
      // Self-hosted servers have no transformations.
      api.find([...own, 'transformation'], transformation),
    ]);
    webhooks.push(
      toWebhook(each, { key, custom, deliveryFormat, isTransformed: transformed?.enabled ?? false }),
    );
  }
  return webhooks;
}

interface EndpointDetails {
  key: string;
  custom: z.output<typeof headers>;
  deliveryFormat: DeliveryFormatInput;
  isTransformed: boolean;
}

function toWebhook(
  each: z.output<typeof endpoint>,
  { key, custom, deliveryFormat, isTransformed }: EndpointDetails,
): ImportedWebhook {
  const rate = each.throttleRate ?? each.rateLimit;
  const channels = each.channels ?? [];
  return {
    externalId: each.uid ?? each.id,
    url: each.url,
    settings: {
      eventTypes: each.filterTypes?.length ? each.filterTypes : ['*'],
      description: each.description || undefined,
      headers: visibleHeaders(custom),
      metadata: unlessEmpty(each.metadata),
      rateLimit: rate ? { limit: rate, perSeconds: 1 } : undefined,
      deliveryFormat,
    },
    hiddenHeaders: custom.sensitive,
    secrets: [{ secret: key }],
    isEnabled: !each.disabled,
    notes: custom.sensitive.map((name) => `the value of the header ${name} is secret: set it again`),
    skip: skipReason({ channels, isTransformed, key }),
  };
}

/** Returns the headers whose values Svix returns. */
function visibleHeaders({
  headers: all,
  sensitive,
}: z.output<typeof headers>): Record<string, string> | undefined {
  return unlessEmpty(Object.fromEntries(Object.entries(all).filter(([name]) => !sensitive.includes(name))));
}

/** An Ed25519 key: `whpk_` is the public key, with which Posthorn cannot sign, `whsk_` the private one. */
const ED25519_KEY = /^wh[ps]k_/;

function skipReason({
  channels,
  isTransformed,
  key,
}: {
  channels: string[];
  isTransformed: boolean;
  key: string;
}): string | undefined {
  if (ED25519_KEY.test(key))
    return 'it signs with Ed25519: create it with a new key, or with its private key whsk_… (docs/migrate-from-svix.md#ed25519-endpoints)';
  if (channels.length > 0) return `channels (${channels.join(', ')}) have no counterpart`;
  return isTransformed ? 'its transformation has no counterpart' : undefined;
}
