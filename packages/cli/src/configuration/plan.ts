import { isDeepStrictEqual } from 'node:util';
import { deliveryFormat as deliveryFormatSchema } from '@posthorn/contract';
import { needsSecret } from '@posthorn/core';
import { type components, etagOf, type Posthorn } from '@posthorn/sdk';
import { unchecked } from '../command/options.js';
import { UsageError } from '../command/usage-error.js';
import { comparableAuth, resolvedAuth } from './auth.js';
import {
  type Current,
  DEFAULTS_OF_EVENT_TYPE,
  DEFAULTS_OF_TENANT,
  DEFAULTS_OF_WEBHOOK,
  withoutDefaults,
} from './read-current.js';
import type { Configuration, ConfiguredEventType, ConfiguredTenant, ConfiguredWebhook } from './schema.js';

type Schemas = components['schemas'];

/** A difference between the file and the installation, and the calls that remove it. */
export interface PlannedChange {
  action: 'create' | 'update' | 'delete';
  kind: 'event type' | 'tenant' | 'webhook';
  name: string;
  tenant?: string;
  fields: FieldChange[];
  /** The webhook that is updated or deleted. */
  webhookId?: string;
  /** The webhook gets a new secret, which only the response to its creation shows. */
  generatesSecret?: true;
  apply: (api: Posthorn) => Promise<unknown>;
}

export interface FieldChange {
  name: string;
  before: unknown;
  after: unknown;
}

export interface PlanOptions {
  /** Delete event types and webhooks that are not in the file. */
  prune: boolean;
  env: NodeJS.ProcessEnv;
}

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
  const present = current.configuration.tenants;
  return wanted.flatMap((tenant) => {
    const index = present.findIndex((each) => isSameTenant(each, tenant));
    const before = present[index];
    const target: Target = { id: current.tenantIds[index] ?? null };
    const webhooks = { read: current.webhooks[index] ?? [], present: before?.webhooks ?? [] };
    return [...planTenant(tenant, before, target), ...planWebhooks(tenant, target, webhooks, options)];
  });
}

const isSameTenant = (one: ConfiguredTenant, other: ConfiguredTenant): boolean =>
  other.externalId === undefined ? one.name === other.name : one.externalId === other.externalId;

/** A tenant; its id is null until it is created. */
interface Target {
  id: string | null;
}

function planTenant(
  tenant: ConfiguredTenant,
  before: ConfiguredTenant | undefined,
  target: Target,
): PlannedChange[] {
  const { webhooks: _webhooks, ...settings } = tenant;
  const change = { kind: 'tenant', name: tenant.name } as const;
  if (before === undefined) {
    const create = async (api: Posthorn) => {
      const { name, externalId, contactEmail, ...others } = settings;
      target.id = (await api.tenants.create({ name, externalId, contactEmail })).id;
      await api.tenants.update(target.id, unchecked(others));
    };
    return [{ ...change, action: 'create', fields: [], apply: create }];
  }
  const { webhooks: _present, ...old } = before;
  const fields = differences(old, withoutDefaults(withSortedTags(settings), DEFAULTS_OF_TENANT));
  const body = {
    ...replacing(settings, old),
    quotas: replacing(settings.quotas ?? {}, old.quotas ?? {}),
    retention: replacing(settings.retention ?? {}, old.retention ?? {}),
  };
  const update = (api: Posthorn) => api.tenants.update(idOf(target), unchecked(body));
  return fields.length === 0 ? [] : [{ ...change, action: 'update', fields, apply: update }];
}

function idOf({ id }: Target): string {
  if (id === null) throw new Error('the tenant was not created');
  return id;
}

interface PresentWebhooks {
  /** As the API returned them, with entity tags if they were read one by one. */
  read: Schemas['Webhook'][];
  present: ConfiguredWebhook[];
}

function planWebhooks(
  { name: tenant, webhooks: wanted }: ConfiguredTenant,
  target: Target,
  { read, present }: PresentWebhooks,
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
    return before && found
      ? updateOf({ webhook, before, read: found, tenant, env })
      : [creationOf({ webhook, target, tenant, env })];
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

function creationOf({ webhook, target, tenant, env }: WantedWebhook & { target: Target }): PlannedChange {
  const { externalId, id, secret, signingKey, headers, auth, ...settings } = webhook;
  if (externalId === undefined) throw new UsageError(`tenant ${tenant}: no webhook has the id ${id}`);
  const missing = missingKeyOf(webhook);
  if (missing !== null)
    throw new UsageError(`tenant ${tenant}: the new webhook ${externalId} has ${missing}`);
  const generates = typeof secret === 'object' && 'generate' in secret;
  const body = {
    ...settings,
    ...(headers && { headers: resolveAll(headers, env) }),
    ...(auth && { auth: resolvedAuth(auth, (value) => resolve(value, env)) }),
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
    apply: (api) =>
      api.webhooks.create(
        unchecked<Schemas['CreateWebhook']>({ ...body, externalId, tenantId: idOf(target) }),
      ),
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
  const after = { ...comparable(webhook), ...(isShadowSet && { shadow: webhook.shadow }) };
  const old = { ...comparable(before), ...(isShadowSet && { shadow: before.shadow ?? false }) };
  const fields = differences(old, after);
  if (fields.length === 0) return [];
  // The values of headers are unknown, so they are set only when their names change. So is the secret of the authentication.
  const { headers: _names, auth: _auth, delivery: _delivery, url: _url, ...body } = replacing(after, old);
  // Neither is reset by null.
  const destination = { delivery: webhook.delivery ?? 'push', url: webhook.url };
  const headers = fields.some(({ name }) => name === 'headers')
    ? { headers: webhook.headers ? resolveAll(webhook.headers, env) : null }
    : {};
  const auth = fields.some(({ name }) => name === 'auth')
    ? { auth: webhook.auth ? resolvedAuth(webhook.auth, (value) => resolve(value, env)) : null }
    : {};
  const { id: webhookId } = read;
  const apply = (api: Posthorn) =>
    api.webhooks.update(webhookId, unchecked({ ...body, ...destination, ...headers, ...auth }), {
      ifMatch: etagOf(read),
    });
  return [{ action: 'update', kind: 'webhook', name: nameOf(webhook), tenant, webhookId, fields, apply }];
}

/** Returns the settings of a webhook that can be compared: without secrets, with the names of headers. */
function comparable(webhook: ConfiguredWebhook) {
  const {
    id: _id,
    secret: _secret,
    secretEncoding: _encoding,
    signingKey: _key,
    shadow: _shadow,
    ...settings
  } = webhook;
  const headers = Object.keys(settings.headers ?? {}).map((name) => name.toLowerCase());
  return {
    ...withoutDefaults(withSortedTags(settings), DEFAULTS_OF_WEBHOOK),
    eventTypes: settings.eventTypes.toSorted(),
    ...(headers.length > 0 && { headers: headers.toSorted() }),
    ...(settings.auth && { auth: comparableAuth(settings.auth) }),
  };
}

/** The API returns tags sorted. */
const withSortedTags = <Settings extends { tags?: string[] | undefined }>(settings: Settings): Settings =>
  settings.tags ? { ...settings, tags: settings.tags.toSorted() } : settings;

function differences(before: object, after: object): FieldChange[] {
  const [old, wanted] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...old.keys(), ...wanted.keys()])]
    .filter((name) => !isDeepStrictEqual(old.get(name), wanted.get(name)))
    .map((name) => ({ name, before: old.get(name) ?? null, after: wanted.get(name) ?? null }));
}

/** Returns a body that sets all wanted fields, and resets those that only the present object has. */
function replacing(wanted: object, present: object): Record<string, unknown> {
  return { ...Object.fromEntries(Object.keys(present).map((name) => [name, null])), ...wanted };
}

function resolveAll(
  values: Record<string, Reference | undefined>,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, resolve(value, env)]],
    ),
  );
}

type Reference = string | { env: string };

function resolve(value: Reference, env: NodeJS.ProcessEnv): string {
  if (typeof value === 'string') return value;
  const text = env[value.env];
  if (text === undefined) throw new UsageError(`The environment variable ${value.env} is not set`);
  return text;
}

function assertUnique<Item>(items: Item[], nameIn: (item: Item) => string, kind: string): void {
  const seen = new Set<string>();
  for (const name of items.map(nameIn)) {
    if (seen.has(name)) throw new UsageError(`The file has the ${kind} ${name} twice`);
    seen.add(name);
  }
}
