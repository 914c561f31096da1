import { isDeepStrictEqual } from 'node:util';
import {
  DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
  DEFAULT_MAX_IN_FLIGHT,
  DEFAULT_TIMEOUT_MS,
} from '@posthorn/contract';
import { DEFAULT_RETRY_SCHEDULE, groupBy } from '@posthorn/core';
import type { components, Posthorn } from '@posthorn/sdk';
import { collect } from '../collect.js';
import { listenerOf } from '../listen/temporary-webhook.js';
import { unchecked } from '../options.js';
import type { Configuration, ConfiguredEventType, ConfiguredTenant, ConfiguredWebhook } from './schema.js';

type Schemas = components['schemas'];

const PAGE = { limit: 200 };

/** The values that an absent setting stands for. */
export const DEFAULTS_OF_EVENT_TYPE = { searchKeys: [] };
export const DEFAULTS_OF_TENANT = { quotas: {} };
export const DEFAULTS_OF_WEBHOOK = {
  headers: {},
  metadata: {},
  maxInFlight: DEFAULT_MAX_IN_FLIGHT,
  timeoutMs: DEFAULT_TIMEOUT_MS,
  retrySchedule: DEFAULT_RETRY_SCHEDULE,
  autoSuspendAfterDays: DEFAULT_AUTO_SUSPEND_AFTER_DAYS,
};

export interface Current {
  configuration: Required<Configuration>;
  /** The ids of tenants, in the order of the configuration. */
  tenantIds: string[];
  /** The ids of webhooks, in the order of each tenant. */
  webhookIds: string[][];
}

/** Reads the present configuration, without the webhooks that `posthorn listen` deletes when it ends. Secrets and the values of headers are references to variables, because the API does not return them. */
export async function readCurrent(api: Posthorn): Promise<Current> {
  const eventTypes = (await collect(api.eventTypes.list(PAGE))).map(toEventType);
  const tenants = await collect(api.tenants.list(PAGE));
  const all = await collect(api.webhooks.list({ tenantId: '*', ...PAGE }));
  const kept = all.filter(({ metadata }) => listenerOf(metadata) === null);
  const webhooks = groupBy(kept, ({ tenantId }) => tenantId);
  // Oldest first, so that a new one is added at the end.
  const nameVariable = variableNames();
  const webhooksOf = ({ id }: Schemas['Tenant']) => (webhooks.get(id) ?? []).toReversed();
  return {
    configuration: {
      version: 1,
      eventTypes,
      tenants: tenants.map((tenant) => toTenant(tenant, webhooksOf(tenant), nameVariable)),
    },
    tenantIds: tenants.map(({ id }) => id),
    webhookIds: tenants.map((tenant) => webhooksOf(tenant).map(({ id }) => id)),
  };
}

function toEventType({
  createdAt: _c,
  updatedAt: _u,
  ...eventType
}: Schemas['EventType']): ConfiguredEventType {
  return unchecked(withoutDefaults(eventType, DEFAULTS_OF_EVENT_TYPE));
}

function toTenant(
  tenant: Schemas['Tenant'],
  webhooks: Schemas['Webhook'][],
  nameVariable: NameVariable,
): ConfiguredTenant {
  const { name, externalId, contactEmail, locale, quotas, deliveryFormat } = tenant;
  return unchecked(
    withoutDefaults(
      {
        name,
        externalId,
        contactEmail,
        locale,
        quotas: withoutDefaults(quotas, {}),
        deliveryFormat,
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
        url: pendingUrl ?? url,
        eventTypes,
        description,
        headers: Object.fromEntries(
          headerNames.map((name) => [name, { env: nameVariable(externalId ?? id, name) }]),
        ),
        metadata,
        filter,
        rateLimit,
        maxInFlight,
        timeoutMs,
        retrySchedule,
        autoSuspendAfterDays,
        deliveryFormat,
        shadow,
        secret: { env: nameVariable(externalId ?? id, 'secret') },
      },
      { ...DEFAULTS_OF_WEBHOOK, shadow: false },
    ),
  );
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
