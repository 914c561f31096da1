import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { unchecked } from '../options.js';
import type { ImportedEventType, ImportedTenant, ImportedWebhook } from './records.js';

export interface ApplyOptions {
  /** Only look what exists. */
  dryRun: boolean;
  /** Replace the settings of webhooks that exist. */
  replace: boolean;
  /** Create webhooks as shadows. Those that exist stay what they are. */
  shadow: boolean;
  /** Attest the URLs of enabled webhooks, with this reason. */
  attest: string | undefined;
}

export const ACTIONS = ['create', 'replace', 'exists', 'skip', 'failed'] as const;
export type Action = (typeof ACTIONS)[number];

/** What happened to one item, or would happen. */
export interface Result {
  kind: 'tenant' | 'event type' | 'webhook';
  /** The tenant of a webhook. */
  tenant?: string | undefined;
  name: string;
  action: Action;
  notes: string[];
}

/** Imports items one by one. What exists stays as it is, so an import can be repeated and continued. */
export class Importer {
  readonly #api: Posthorn;
  readonly #options: ApplyOptions;

  constructor(api: Posthorn, options: ApplyOptions) {
    this.#api = api;
    this.#options = options;
  }

  async eventType({ name, notes, ...settings }: ImportedEventType): Promise<Result> {
    return this.#attempt({ kind: 'event type', name, notes }, async () => {
      if (await found(this.#api.eventTypes.get(name))) return { action: 'exists' };
      if (!this.#options.dryRun) await this.#api.eventTypes.create({ name, ...settings });
      return { action: 'create' };
    });
  }

  /** Imports a tenant without its webhooks. */
  async tenant({ externalId, name }: ImportedTenant): Promise<Result> {
    return this.#attempt({ kind: 'tenant', name, notes: [] }, async () => {
      if (externalId === null) return { action: 'exists' };
      const reference = `ext:${externalId}`;
      if (await found(this.#api.tenants.get(reference))) return { action: 'exists' };
      return { action: 'create', notes: this.#options.dryRun ? [] : await this.#putTenant(reference, name) };
    });
  }

  /** Names are unique in Posthorn, but not elsewhere. */
  async #putTenant(reference: string, name: string): Promise<string[]> {
    try {
      await this.#api.tenants.put(reference, { name });
      return [];
    } catch (error) {
      if (!(error instanceof PosthornError) || error.status !== 409) throw error;
      const unique = `${name} (${reference.slice('ext:'.length)})`;
      await this.#api.tenants.put(reference, { name: unique });
      return [`the name is in use: created as ${unique}`];
    }
  }

  async webhook(tenant: string | null, webhook: ImportedWebhook): Promise<Result> {
    const { url, notes, skip } = webhook;
    const item = { kind: 'webhook', tenant: tenant ?? 'default', name: url, notes } as const;
    if (skip !== undefined) return { ...item, action: 'skip', notes: [`not imported: ${skip}`, ...notes] };
    return this.#attempt(item, async () => {
      const tenantId = tenant === null ? 'default' : `ext:${tenant}`;
      const before = await found(this.#api.webhooks.get(`ext:${webhook.externalId}`, { tenantId }));
      const action = before === null ? 'create' : this.#options.replace ? 'replace' : 'exists';
      if (this.#options.dryRun) return { action, notes: activationNotes(webhook) };
      const shadow = before === null && this.#options.shadow ? true : webhook.settings.shadow;
      const after = action === 'exists' ? before : await this.#putWebhook({ ...webhook, tenantId, shadow });
      return { action, notes: after && (await this.#activate(after, webhook)) };
    });
  }

  #putWebhook({ externalId, url, settings, ...others }: PlacedWebhook) {
    const { tenantId, secret, secretEncoding, shadow } = others;
    const body = { url, tenantId, ...settings, secret, secretEncoding, shadow };
    return this.#api.webhooks.put(`ext:${externalId}`, unchecked<components['schemas']['PutWebhook']>(body));
  }

  async #activate(
    { id, status }: components['schemas']['Webhook'],
    { isEnabled }: ImportedWebhook,
  ): Promise<string[]> {
    if (status !== 'pending_validation') return [];
    if (!isEnabled) return DISABLED;
    if (this.#options.attest === undefined) return [];
    await this.#api.webhooks.attestValidation(id, { reason: this.#options.attest });
    return ['attested'];
  }

  async #attempt(
    item: Omit<Result, 'action'>,
    work: () => Promise<{ action: Action; notes?: string[] | null }>,
  ): Promise<Result> {
    try {
      const { action, notes } = await work();
      return { ...item, action, notes: [...(notes ?? []), ...item.notes] };
    } catch (error) {
      // Without access, or without an API, every item fails.
      if (!(error instanceof PosthornError) || error.status === undefined || error.status === 401)
        throw error;
      const details = error.errors.map(({ path, message }) => `${path} ${message}`);
      return { ...item, action: 'failed', notes: [[error.message, ...details].join('; ')] };
    }
  }
}

interface PlacedWebhook extends ImportedWebhook {
  tenantId: string;
  shadow: boolean | undefined;
}

const DISABLED = ['disabled: not activated'];

const activationNotes = ({ isEnabled }: ImportedWebhook): string[] => (isEnabled ? [] : DISABLED);

/** Returns null if a resource does not exist. */
async function found<Resource>(call: Promise<Resource>): Promise<Resource | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof PosthornError && error.status === 404) return null;
    throw error;
  }
}
