import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  DEFAULT_MAX_BLOCKED_MINUTES,
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_TIMEOUT_MS,
} from '@posthorn/contract';
import { DEFAULT_RETRY_SCHEDULE, type DeliveryFormat, groupBy, needsSecret, schemesOf } from '@posthorn/core';
import type { components, Posthorn } from '@posthorn/sdk';
import { pMapIterable } from 'p-map';
import { collect } from '../command/collect.js';
import { found } from '../command/found.js';
import { listenerOf } from '../listen/temporary-webhook.js';
import { unchecked } from '../command/options.js';
import { authWithReference } from './auth.js';
import type { Configuration, ConfiguredEventType, ConfiguredTenant, ConfiguredWebhook } from './schema.js';

type Schemas = components['schemas'];

const PAGE = { limit: 200 };

/** Webhooks that are read at the same time. */
const CONCURRENCY = 6;

/** The values that an absent setting stands for. */
export const DEFAULTS_OF_EVENT_TYPE = { searchKeys: [], redact: [], retention: {} };
export const DEFAULTS_OF_TENANT = { tags: [], metadata: {}, quotas: {}, retention: {} };
export const DEFAULTS_OF_WEBHOOK = {
  delivery: 'push',
  headers: {},
  tags: [],
  metadata: {},
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  timeoutMs: DEFAULT_TIMEOUT_MS,
  retrySchedule: DEFAULT_RETRY_SCHEDULE,
  autoSuspendAfterDays: DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  ordering: 'none',
  onExhausted: 'skip',
  maxBlockedMinutes: DEFAULT_MAX_BLOCKED_MINUTES,
  sequence: false,
};

/** What the API returns. */
export interface Installation {
  eventTypes: Schemas['EventType'][];
  tenants: Schemas['Tenant'][];
  /** Without those that `posthorn listen` deletes when it ends. */
  webhooks: Schemas['Webhook'][];
}

export interface Current {
  configuration: Required<Configuration>;
  /** The ids of tenants, in the order of the configuration. */
  tenantIds: string[];
  /** The webhooks as the API returned them, in the order of each tenant. */
  webhooks: Schemas['Webhook'][][];
}

export async function readInstallation(api: Posthorn): Promise<Installation> {
  const eventTypes = await collect(api.eventTypes.list(PAGE));
  const tenants = await collect(api.tenants.list(PAGE));
  const webhooks = await collect(api.webhooks.list({ tenantId: '*', ...PAGE }));
  return { eventTypes, tenants, webhooks: webhooks.filter(({ metadata }) => listenerOf(metadata) === null) };
}

/** Reads some webhooks again, each by its id, because a list has no entity tags. Those deleted in the meantime are left out. */
export async function readTagged(
  api: Posthorn,
  installation: Installation,
  ids: ReadonlySet<string>,
): Promise<Installation> {
  const read = (webhook: Schemas['Webhook']) =>
    ids.has(webhook.id) ? found(api.webhooks.get(webhook.id)) : webhook;
  const webhooks = await collect(pMapIterable(installation.webhooks, read, { concurrency: CONCURRENCY }));
  return { ...installation, webhooks: webhooks.filter((webhook) => webhook !== null) };
}

/** Returns the present configuration. Secrets and the values of headers are references to variables, because the API does not return them. */
export function toCurrent(installation: Installation): Current {
  const { eventTypes, tenants } = installation;
  const byTenant = groupBy(installation.webhooks, ({ tenantId }) => tenantId);
  // Oldest first, so that a new one is added at the end.
  const webhooks = tenants.map(({ id }) => (byTenant.get(id) ?? []).toReversed());
  const nameVariable = variableNames();
  return {
    configuration: {
      version: 1,
      eventTypes: eventTypes.map(toEventType),
      tenants: tenants.map((tenant, index) => toTenant(tenant, webhooks[index] ?? [], nameVariable)),
    },
    tenantIds: tenants.map(({ id }) => id),
    webhooks,
  };
}

function toEventType({
  createdAt: _c,
  updatedAt: _u,
  ...eventType
}: Schemas['EventType']): ConfiguredEventType {
  const retention = withoutDefaults(eventType.retention, {});
  return unchecked(withoutDefaults({ ...eventType, retention }, DEFAULTS_OF_EVENT_TYPE));
}

function toTenant(
  tenant: Schemas['Tenant'],
  webhooks: Schemas['Webhook'][],
  nameVariable: NameVariable,
): ConfiguredTenant {
  const { name, externalId, contactEmail, locale, timeZone, tags, metadata, quotas, retention } = tenant;
  return unchecked(
    withoutDefaults(
      {
        name,
        externalId,
        contactEmail,
        locale,
        timeZone,
        tags,
        metadata,
        quotas: withoutDefaults(quotas, {}),
        retention: withoutDefaults(retention, {}),
        deliveryFormat: tenant.deliveryFormat,
        webhooks: webhooks.map((webhook) =>
          toWebhook(webhook, (...parts) => nameVariable(externalId ?? name, ...parts)),
        ),
      },
      DEFAULTS_OF_TENANT,
    ),
  );
}

function toWebhook(webhook: Schemas['Webhook'], nameVariable: NameVariable): ConfiguredWebhook {
  const { id, externalId, url, pendingUrl, eventTypes, description, headerNames, metadata, filter } = webhook;
  const { rateLimit, maxInFlight, timeoutMs, retrySchedule, autoSuspendAfterDays, deliveryFormat } = webhook;
  const { shadow } = webhook;
  return unchecked(
    withoutDefaults(
      {
        ...(externalId === null ? { id } : { externalId }),
        delivery: webhook.delivery,
        url: pendingUrl ?? url,
        eventTypes,
        description,
        headers: Object.fromEntries(
          headerNames.map((name) => [name, { env: nameVariable(externalId ?? id, name) }]),
        ),
        auth: authWithReference(webhook.auth, (name) => nameVariable(externalId ?? id, name)),
        tags: webhook.tags,
        metadata,
        filter,
        rateLimit,
        maxInFlight,
        timeoutMs,
        retrySchedule,
        autoSuspendAfterDays,
        ordering: webhook.ordering,
        onExhausted: webhook.onExhausted,
        maxBlockedMinutes: webhook.maxBlockedMinutes,
        sequence: webhook.sequence,
        deliveryFormat,
        shadow,
        ...keysOf(webhook, (name) => nameVariable(externalId ?? id, name)),
      },
      { ...DEFAULTS_OF_WEBHOOK, shadow: false },
    ),
  );
}

/** Returns references to the keys that a webhook needs for its format, to create it again. */
function keysOf({ deliveryFormat }: Schemas['Webhook'], nameVariable: NameVariable) {
  const format = unchecked<DeliveryFormat | null>(deliveryFormat);
  const hasEd25519 = schemesOf(format ?? {}).some(({ algorithm }) => algorithm === 'ed25519');
  return {
    ...(needsSecret(format) && { secret: { env: nameVariable('secret') } }),
    ...(hasEd25519 && { signingKey: { privateKey: { env: nameVariable('signing_key') } } }),
  };
}

type NameVariable = (...parts: string[]) => string;

/** Returns a function that names variables. No two are the same: a webhook must not get the secret of another. */
function variableNames(): NameVariable {
  const taken = new Set<string>();
  return (...parts) => {
    const base = parts
      .join('_')
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, '_')
      .replace(/^(?=\d)/, '_');
    let name = base;
    for (let count = 2; taken.has(name); count += 1) name = `${base}_${count}`;
    taken.add(name);
    return name;
  };
}

/** Returns an object without its fields that are null or have their default. */
export function withoutDefaults(object: object, defaults: Record<string, unknown>): object {
  const fields = Object.entries(object).filter(
    ([name, value]) => value !== null && value !== undefined && !isDeepStrictEqual(value, defaults[name]),
  );
  return Object.fromEntries(fields);
}
