import { isDeepStrictEqual } from 'node:util';
import {
  type ConvertedTenantSetting,
  EVENT_TYPE_SETTINGS,
  settingColumns,
  TENANT_SETTINGS,
  WEBHOOK_SETTINGS,
} from '@posthorn/contract';
import { type DeliveryFormat, groupBy, needsSecret, schemesOf } from '@posthorn/core';
import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { pMapIterable } from 'p-map';
import { collect } from '../command/collect.js';
import { found } from '../command/found.js';
import { listenerOf } from '../listen/temporary-webhook.js';
import { unchecked } from '../command/options.js';
import { certificateWithReferences } from './certificates.js';
import { CONVERTED_SETTINGS } from './converted-settings.js';
import { egressWithReference, type ShownEgress } from './egress.js';
import { type NameVariable, variableNames } from './references.js';
import type { Configuration, ConfiguredEventType, ConfiguredTenant, ConfiguredWebhook } from './schema.js';

type Schemas = components['schemas'];

const PAGE = { limit: 200 };

/** Webhooks that are read at the same time. */
const CONCURRENCY = 6;

/** The values that an absent setting stands for. */
export const DEFAULTS_OF_EVENT_TYPE = { ...EVENT_TYPE_SETTINGS.defaults, retention: {} };
export const DEFAULTS_OF_TENANT = { ...TENANT_SETTINGS.defaults, quotas: {}, retention: {} };
export const DEFAULTS_OF_WEBHOOK = { delivery: 'push', ...WEBHOOK_SETTINGS.defaults };

/** What the API returns. */
export interface Installation {
  eventTypes: Schemas['EventType'][];
  tenants: Schemas['Tenant'][];
  /** Without those that `posthorn listen` deletes when it ends. */
  webhooks: Schemas['Webhook'][];
  /** By the id of the tenant or webhook. Null if the key may not read it. */
  egress: ReadonlyMap<string, ShownEgress> | null;
}

export interface Current {
  configuration: Required<Configuration>;
  /** Whether the configuration has the egress of tenants and webhooks: the key may read it. */
  hasEgress: boolean;
  /** The tenants as the API returned them, in the order of the configuration. */
  tenants: Schemas['Tenant'][];
  /** The webhooks as the API returned them, in the order of each tenant. */
  webhooks: Schemas['Webhook'][][];
}

/** @param file only the egress of its tenants is read, which takes a request for each webhook. Absent: of all */
export async function readInstallation(api: Posthorn, file?: Configuration): Promise<Installation> {
  const eventTypes = await collect(api.eventTypes.list(PAGE));
  const tenants = await collect(api.tenants.list(PAGE));
  const webhooks = await collect(api.webhooks.list({ tenantId: '*', ...PAGE }));
  const kept = webhooks.filter(({ metadata }) => listenerOf(metadata) === null);
  const isNamed = (tenant: Schemas['Tenant']) =>
    file === undefined || file.tenants?.some((wanted) => isSameTenant(tenant, wanted));
  const egress = await readEgress(api, tenants.filter(isNamed), kept);
  return { eventTypes, tenants, webhooks: kept, egress };
}

/** Returns whether a tenant of a file is one of the installation. */
export const isSameTenant = (
  present: { name: string; externalId?: string | null | undefined },
  wanted: ConfiguredTenant,
): boolean =>
  wanted.externalId === undefined ? present.name === wanted.name : present.externalId === wanted.externalId;

/** Returns the egress of tenants and their webhooks, null if the key may not read it. */
async function readEgress(
  { tenants: ofTenants, webhooks: ofWebhooks }: Posthorn,
  tenants: Schemas['Tenant'][],
  webhooks: Schemas['Webhook'][],
): Promise<Installation['egress']> {
  const ids = new Set(tenants.map(({ id }) => id));
  const calls = [
    ...tenants.map(({ id }) => ({ id, read: (): Promise<ShownEgress> => ofTenants.egress(id) })),
    // One that gets no requests has none.
    ...webhooks
      .filter(({ delivery, tenantId }) => delivery === 'push' && ids.has(tenantId))
      .map(({ id }) => ({ id, read: (): Promise<ShownEgress> => ofWebhooks.egress(id) })),
  ];
  const read = async (call: (typeof calls)[number]) => [call.id, await found(call.read())] as const;
  try {
    const entries = await collect(pMapIterable(calls, read, { concurrency: CONCURRENCY }));
    return new Map(entries.flatMap(([id, egress]) => (egress ? [[id, egress]] : [])));
  } catch (error) {
    if (error instanceof PosthornError && error.status === 403) return null;
    throw error;
  }
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
  const { eventTypes, tenants, egress } = installation;
  const byTenant = groupBy(installation.webhooks, ({ tenantId }) => tenantId);
  // Oldest first, so that a new one is added at the end.
  const webhooks = tenants.map(({ id }) => (byTenant.get(id) ?? []).toReversed());
  const nameVariable = variableNames();
  return {
    configuration: {
      version: 1,
      eventTypes: eventTypes.map(toEventType),
      tenants: tenants.map((tenant, index) =>
        toTenant(tenant, { webhooks: webhooks[index] ?? [], egress, nameVariable }),
      ),
    },
    hasEgress: egress !== null,
    tenants,
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

interface Surroundings extends Pick<Installation, 'webhooks' | 'egress'> {
  nameVariable: NameVariable;
}

function toTenant(
  tenant: Schemas['Tenant'],
  { webhooks, egress, nameVariable }: Surroundings,
): ConfiguredTenant {
  const { id, name, externalId, quotas, retention, deliveryFormat } = tenant;
  const ofTenant: NameVariable = (...parts) => nameVariable(externalId ?? name, ...parts);
  const converted = {
    quotas: withoutDefaults(quotas, {}),
    retention: withoutDefaults(retention, {}),
    deliveryFormat,
    clientCertificate: certificateWithReferences(tenant.clientCertificate, ofTenant),
    caCertificates: tenant.caCertificates?.pem,
  } satisfies Record<ConvertedTenantSetting, unknown>;
  return unchecked(
    withoutDefaults(
      {
        name,
        ...settingColumns(TENANT_SETTINGS, tenant),
        ...converted,
        egress: toEgress(egress?.get(id), ofTenant),
        webhooks: webhooks.map((webhook) => toWebhook(webhook, egress?.get(webhook.id), ofTenant)),
      },
      DEFAULTS_OF_TENANT,
    ),
  );
}

const toEgress = (egress: ShownEgress | undefined, nameVariable: NameVariable) =>
  egress && egressWithReference(egress, nameVariable);

function toWebhook(
  webhook: Schemas['Webhook'],
  egress: ShownEgress | undefined,
  ofTenant: NameVariable,
): ConfiguredWebhook {
  const { id, externalId, delivery, url, pendingUrl, eventTypes, shadow } = webhook;
  const nameVariable: NameVariable = (...parts) => ofTenant(externalId ?? id, ...parts);
  const converted = Object.entries(CONVERTED_SETTINGS).map(([name, { current }]) => [
    name,
    current(webhook, nameVariable),
  ]);
  const settings: Record<string, unknown> = { ...webhook, ...Object.fromEntries(converted) };
  return unchecked(
    withoutDefaults(
      {
        ...(externalId === null ? { id } : { externalId }),
        delivery,
        url: pendingUrl ?? url,
        eventTypes,
        ...Object.fromEntries(WEBHOOK_SETTINGS.names.map((name) => [name, settings[name]])),
        egress: toEgress(egress, nameVariable),
        shadow,
        ...keysOf(webhook, nameVariable),
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

/** Returns an object without its fields that are null or have their default. */
export function withoutDefaults(object: object, defaults: Record<string, unknown>): object {
  const fields = Object.entries(object).filter(
    ([name, value]) => value !== null && value !== undefined && !isDeepStrictEqual(value, defaults[name]),
  );
  return Object.fromEntries(fields);
}
