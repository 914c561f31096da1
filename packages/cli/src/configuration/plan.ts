import { deliveryFormat as deliveryFormatSchema } from '@posthorn/contract';
import { needsSecret } from '@posthorn/core';
import { type components, etagOf, type Posthorn } from '@posthorn/sdk';
import { unchecked } from '../command/options.js';
import { UsageError } from '../command/usage-error.js';
import { CONVERTED_SETTINGS } from './converted-settings.js';
import {
  changedHidden,
  type Comparison,
  comparableHidden,
  type HiddenValue,
  requestedHidden,
  withoutHidden,
} from './hidden-settings.js';
import { planOf } from './named-errors.js';
import { planEgress } from './plan-egress.js';
import { planTenant } from './plan-tenant.js';
import {
  differences,
  type FieldChange,
  idOf,
  type PlannedChange,
  type PlanOptions,
  replacing,
  type Target,
  withSortedTags,
} from './planned-change.js';
import {
  type Current,
  DEFAULTS_OF_EVENT_TYPE,
  DEFAULTS_OF_WEBHOOK,
  isSameTenant,
  withoutDefaults,
} from './read-current.js';
import { resolve, resolveAll } from './references.js';
import type { Configuration, ConfiguredEventType, ConfiguredTenant, ConfiguredWebhook } from './schema.js';

type Schemas = components['schemas'];

/**
 * Compares a file with the installation.
 *
 * @throws UsageError if the file names something twice, a webhook that does not exist, a new one without a secret, or a variable that
 * is not set
 */
export function planChanges(file: Configuration, current: Current, options: PlanOptions): PlannedChange[] {
  const { eventTypes, tenants } = file;
  const changes = [
    ...(eventTypes ? planEventTypes(eventTypes, current, options) : []),
    ...(tenants ? planTenants(tenants, current, options) : []),
  ];
  // Nothing is deleted before everything else has succeeded.
  return changes.toSorted((a, b) => Number(a.action === 'delete') - Number(b.action === 'delete'));
}

function planEventTypes(
  wanted: ConfiguredEventType[],
  { configuration: { eventTypes: present } }: Current,
  { prune }: PlanOptions,
): PlannedChange[] {
  assertUnique(wanted, ({ name }) => name, 'event type');
  const changed = wanted.flatMap((eventType): PlannedChange[] => {
    const { name, ...settings } = eventType;
    const before = present.find((each) => each.name === name);
    const change = { kind: 'event type', name } as const;
    if (!before)
      return [{ ...change, action: 'create', fields: [], apply: (api) => api.eventTypes.create(eventType) }];
    const { name: _name, ...old } = before;
    const fields = differences(old, withoutDefaults(settings, DEFAULTS_OF_EVENT_TYPE));
    const body = {
      ...replacing(settings, old),
      retention: replacing(settings.retention ?? {}, old.retention ?? {}),
    };
    const apply = (api: Posthorn) => api.eventTypes.update(name, unchecked(body));
    return fields.length === 0 ? [] : [{ ...change, action: 'update', fields, apply }];
  });
  const superfluous = present.filter(({ name }) => !wanted.some((each) => each.name === name));
  const deleted = superfluous.map(({ name }): PlannedChange => ({
    action: 'delete',
    kind: 'event type',
    name,
    fields: [],
    apply: (api) => api.eventTypes.delete(name),
  }));
  return [...changed, ...(prune ? deleted : [])];
}

function planTenants(wanted: ConfiguredTenant[], current: Current, options: PlanOptions): PlannedChange[] {
  assertUnique(wanted, ({ externalId, name }) => externalId ?? name, 'tenant');
  return wanted.flatMap((tenant) =>
    planOf(`tenant ${tenant.name}`, () => planTenantWithWebhooks(tenant, current, options)),
  );
}

function planTenantWithWebhooks(
  tenant: ConfiguredTenant,
  current: Current,
  options: PlanOptions,
): PlannedChange[] {
  const index = current.configuration.tenants.findIndex((each) => isSameTenant(each, tenant));
  const before = current.configuration.tenants[index];
  const read = current.tenants[index];
  const target: Target = { id: read?.id ?? null };
  const webhooks = {
    read: current.webhooks[index] ?? [],
    present: before?.webhooks ?? [],
    hasEgress: current.hasEgress,
  };
  const egress = planEgress(
    { kind: 'tenant', name: tenant.name, target },
    { before: before?.egress, after: tenant.egress, hasEgress: current.hasEgress, env: options.env },
  );
  return [
    ...planTenant({ tenant, before, read, target, env: options.env }),
    ...egress,
    ...planWebhooks(tenant, target, webhooks, options),
  ];
}

interface PresentWebhooks {
  /** As the API returned them, with entity tags if they were read one by one. */
  read: Schemas['Webhook'][];
  present: ConfiguredWebhook[];
  hasEgress: boolean;
}

function planWebhooks(
  { name: tenant, webhooks: wanted }: ConfiguredTenant,
  target: Target,
  { read, present, hasEgress }: PresentWebhooks,
  { prune, env }: PlanOptions,
): PlannedChange[] {
  // Absent: not managed.
  if (wanted === undefined) return [];
  assertUnique(wanted, nameOf, 'webhook');
  const indexOf = (webhook: ConfiguredWebhook) =>
    present.findIndex((each, index) =>
      webhook.id === undefined ? each.externalId === webhook.externalId : read[index]?.id === webhook.id,
    );
  const changed = wanted.flatMap((webhook) => {
    const index = indexOf(webhook);
    const before = present[index];
    const found = read[index];
    const own: Target = { id: found?.id ?? null };
    const changes = planOf(`webhook ${nameOf(webhook)}`, () =>
      before && found
        ? updateOf({ webhook, before, read: found, tenant, env })
        : [creationOf({ webhook, target, own, tenant, env })],
    );
    const egress = planEgress(
      { kind: 'webhook', name: nameOf(webhook), tenant, target: own },
      { before: before?.egress, after: webhook.egress, hasEgress, env },
    );
    // The API refuses it for a webhook that gets no requests.
    return webhook.delivery === 'pull' ? [...egress, ...changes] : [...changes, ...egress];
  });
  const kept = new Set(wanted.map(indexOf));
  const deleted = read.flatMap((webhook, index): PlannedChange[] => {
    if (kept.has(index)) return [];
    const { id, externalId } = webhook;
    const change = { kind: 'webhook', name: externalId ?? id, tenant, webhookId: id } as const;
    const apply = (api: Posthorn) => api.webhooks.delete(id, { ifMatch: etagOf(webhook) });
    return [{ ...change, action: 'delete', fields: [], apply }];
  });
  return [...changed, ...(prune ? deleted : [])];
}

const nameOf = ({ externalId, id }: ConfiguredWebhook): string => externalId ?? id ?? '';

interface WantedWebhook {
  webhook: ConfiguredWebhook;
  tenant: string;
  env: NodeJS.ProcessEnv;
}

interface NewWebhook extends WantedWebhook {
  /** The tenant. */
  target: Target;
  own: Target;
}

function creationOf({ webhook, target, own, tenant, env }: NewWebhook): PlannedChange {
  const { externalId, id, secret, signingKey, egress: _egress, ...settings } = webhook;
  if (externalId === undefined) throw new UsageError(`No webhook has the id ${id}`);
  const missing = missingKeyOf(webhook);
  if (missing !== null) throw new UsageError(`The webhook is new and has ${missing}`);
  const generates = typeof secret === 'object' && 'generate' in secret;
  const body = {
    ...settings,
    ...requestedHidden(webhook, HIDDEN_SETTINGS, env),
    ...(secret !== undefined && !generates && { secret: resolve(secret, env) }),
    ...(signingKey && { signingKey: resolveAll(signingKey, env) }),
  };
  return {
    action: 'create',
    kind: 'webhook',
    name: externalId,
    tenant,
    fields: [
      ...(generates ? [generated('secret')] : []),
      ...(signingKey && signingKey.privateKey === undefined ? [generated('signingKey')] : []),
    ],
    ...(generates && { generatesSecret: true }),
    apply: async (api) => {
      const created = await api.webhooks.create(
        unchecked<Schemas['CreateWebhook']>({ ...body, externalId, tenantId: idOf(target) }),
      );
      own.id = created.id;
      return created;
    },
  };
}

const generated = (name: string): FieldChange => ({ name, before: null, after: 'generated' });

/** Returns the key that a new webhook lacks, and how to set it. Null if it lacks none. */
function missingKeyOf({ secret, signingKey, deliveryFormat }: ConfiguredWebhook): string | null {
  if (secret !== undefined) return null;
  if (!isEd25519Only(deliveryFormat))
    return 'no secret. Set secret: {env: NAME}, or secret: {generate: true} for a new one';
  return signingKey
    ? null
    : 'no signing key. Set signingKey: {privateKey: {env: NAME}}, or signingKey: {} for a new one';
}

/** The API refuses an invalid format. */
function isEd25519Only(format: ConfiguredWebhook['deliveryFormat']): boolean {
  const parsed = deliveryFormatSchema.safeParse(format);
  return parsed.success && !needsSecret(parsed.data);
}

interface PresentWebhook {
  before: ConfiguredWebhook;
  read: Schemas['Webhook'];
}

function updateOf(wanted: WantedWebhook & PresentWebhook): PlannedChange[] {
  const { webhook, before, read, tenant, env } = wanted;
  const isShadowSet = webhook.shadow !== undefined;
  const after = { ...comparable(webhook, { read, env }), ...(isShadowSet && { shadow: webhook.shadow }) };
  const old = {
    ...comparable(before, { read, env: {} }),
    ...(isShadowSet && { shadow: before.shadow ?? false }),
  };
  const fields = differences(old, after);
  if (fields.length === 0) return [];
  const { delivery: _delivery, url: _url, ...body } = withoutHidden(replacing(after, old), HIDDEN_SETTINGS);
  // Neither is reset by null.
  const destination = { delivery: webhook.delivery ?? 'push', url: webhook.url };
  const hidden = changedHidden(webhook, HIDDEN_SETTINGS, { fields, env });
  const { id: webhookId } = read;
  const apply = (api: Posthorn) =>
    api.webhooks.update(webhookId, unchecked({ ...body, ...destination, ...hidden }), {
      ifMatch: etagOf(read),
    });
  return [{ action: 'update', kind: 'webhook', name: nameOf(webhook), tenant, webhookId, fields, apply }];
}

/** The settings of webhooks that the API does not return as they are set. */
const HIDDEN_SETTINGS = Object.fromEntries(
  Object.entries(CONVERTED_SETTINGS).flatMap(([name, row]) =>
    'hidden' in row ? [[name, unchecked<HiddenValue<never>>(row.hidden)]] : [],
  ),
);

/** Returns the settings of a webhook that can be compared: without secrets, with the names of headers and the fingerprints of certificates. */
function comparable(webhook: ConfiguredWebhook, comparison: Comparison) {
  const {
    id: _id,
    secret: _secret,
    secretEncoding: _encoding,
    signingKey: _key,
    shadow: _shadow,
    egress: _egress,
    ...others
  } = webhook;
  const settings = withoutDefaults(withSortedTags(others), DEFAULTS_OF_WEBHOOK);
  return {
    ...settings,
    eventTypes: webhook.eventTypes.toSorted(),
    ...comparableHidden(settings, HIDDEN_SETTINGS, comparison),
  };
}

function assertUnique<Item>(items: Item[], nameIn: (item: Item) => string, kind: string): void {
  const seen = new Set<string>();
  for (const name of items.map(nameIn)) {
    if (seen.has(name)) throw new UsageError(`The file has the ${kind} ${name} twice`);
    seen.add(name);
  }
}
