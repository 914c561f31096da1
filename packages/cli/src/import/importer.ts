import { errorText } from '@posthorn/core';
import { fieldErrors, REPORTED, ROUTES } from '@posthorn/contract';
import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { z } from 'zod';
import { found } from '../found.js';
import { unchecked } from '../options.js';
import { idNotes, toExternalId } from './external-id.js';
import type { ImportedEventType, ImportedTenant, ImportedWebhook } from './records.js';
import type { Action, Result } from './result.js';
import { notesOf } from './webhook-notes.js';

export interface ImportOptions {
  /** The name of the source. */
  source: string;
  /** Only validate, and look what exists. */
  dryRun: boolean;
  /** What happens to webhooks that exist. */
  mode: 'create' | 'sync' | 'replace';
  /** Create webhooks as shadows. Those that exist stay what they are. */
  shadow: boolean;
  /** Suspend webhooks that are disabled in the source. */
  suspend: boolean;
  /** Attest the URLs of enabled webhooks, with this reason. */
  attest: string | undefined;
  /** The format of all webhooks, instead of that of the product. */
  deliveryFormat: Record<string, unknown> | undefined;
}

/** A tenant in Posthorn. Its id is null if a dry run would create it. */
export interface Target {
  externalId: string | null;
  id: string | null;
  /** The quota of a dry run, which counts the webhooks that it would create. */
  webhooks?: { quota: number; used: number };
}

/** Imports items one by one. Each is one transaction, so an interrupted import can be repeated. */
export class Importer {
  readonly #api: Posthorn;
  readonly #options: ImportOptions;

  constructor(api: Posthorn, options: ImportOptions) {
    this.#api = api;
    this.#options = options;
  }

  async eventType({ name, notes, ...settings }: ImportedEventType): Promise<Result> {
    return attempt({ kind: 'event type', name, notes: [] }, async () => {
      if (await found(this.#api.eventTypes.get(name))) return { action: 'exists' };
      if (!this.#options.dryRun) {
        await this.#api.eventTypes.create({ name, ...settings });
        return { action: 'create', notes };
      }
      assertValid(ROUTES.createEventType.body, { name, ...settings });
      const problem = settings.schema && (await schemaProblem(settings.schema));
      return problem === undefined ? { action: 'create', notes } : { action: 'failed', notes: [problem] };
    });
  }

  /** Imports a tenant without its webhooks. */
  async tenant({ externalId, name }: ImportedTenant): Promise<{ result: Result; target: Target }> {
    const target: Target = { externalId: externalId === null ? null : toExternalId(externalId), id: null };
    const notes = externalId === null ? [] : idNotes(externalId);
    const result = await attempt({ kind: 'tenant', name, notes }, async () => {
      const reference = target.externalId === null ? 'default' : `ext:${target.externalId}`;
      const before = await found(this.#api.tenants.get(reference));
      target.id = before?.id ?? null;
      if (this.#options.dryRun) target.webhooks = await this.#webhooksOf(before);
      if (before) return { action: 'exists' };
      if (!this.#options.dryRun) return { action: 'create', notes: await this.#putTenant(target, name) };
      assertValid(ROUTES.putTenant.params, { id: reference });
      assertValid(ROUTES.putTenant.body, { name });
      return { action: 'create' };
    });
    return { result, target };
  }

  /** Returns the quota for webhooks of a tenant, null for one that would be created. */
  async #webhooksOf(tenant: TenantDetails | null): Promise<{ quota: number; used: number }> {
    if (tenant) return { quota: tenant.effectiveQuotas.webhooks, used: tenant.usage.webhooks };
    const { defaultQuotas } = await this.#api.tenants.get('default');
    return { quota: defaultQuotas.webhooks, used: 0 };
  }

  /** Names are unique in Posthorn, but not elsewhere. */
  async #putTenant(target: Target, name: string): Promise<string[]> {
    const reference = `ext:${target.externalId}`;
    try {
      target.id = (await this.#api.tenants.put(reference, { name })).id;
      return [];
    } catch (error) {
      if (!(error instanceof PosthornError) || error.status !== 409) throw error;
      const unique = `${name} (${target.externalId})`;
      target.id = (await this.#api.tenants.put(reference, { name: unique })).id;
      return [`the name is in use: created as ${unique}`];
    }
  }

  async webhook(target: Target, webhook: ImportedWebhook): Promise<Result> {
    const { externalId, url: name, skip } = webhook;
    const notes = [...idNotes(externalId), ...webhook.notes];
    const item = { kind: 'webhook', tenant: target.externalId ?? 'default', name, notes } as const;
    if (skip !== undefined) return { ...item, action: 'skip', notes: [`not imported: ${skip}`, ...notes] };
    return attempt(item, async () => {
      const body = unchecked<ImportBody>(this.#bodyOf(target, webhook));
      const imported = await this.#api.webhooks.import(`ext:${toExternalId(externalId)}`, body);
      // A dry run validates the webhooks of a new tenant in the default tenant.
      const own = target.id === null ? { ...imported, ...NEW } : imported;
      if (target.webhooks && own.action === 'created') {
        const { quota, used } = target.webhooks;
        if (used >= quota)
          return { action: 'failed', notes: [`The quota for webhooks (${quota}) is reached`] };
        target.webhooks.used += 1;
      }
      return { action: ACTION_OF[own.action], notes: notesOf(own, webhook) };
    });
  }

  #bodyOf(target: Target, { url, settings, secrets, hiddenHeaders, isEnabled }: ImportedWebhook) {
    const { source, dryRun, mode, shadow, suspend, attest, deliveryFormat } = this.#options;
    return {
      ...settings,
      url,
      secrets,
      hiddenHeaders,
      enabled: isEnabled,
      tenantId: target.id ?? 'default',
      deliveryFormat: deliveryFormat ?? settings.deliveryFormat,
      shadow: shadow || settings.shadow,
      attestReason: attest,
      source,
      dryRun,
      mode,
      suspend,
    };
  }

  /** Yields the webhooks that were imported before and are not in the source any more. Deletes them if `deletes` is true. */
  async *missing({ seen, isMissing }: Seen, deletes: boolean): AsyncGenerator<Result> {
    const imported = this.#api.webhooks.list({
      tenantId: '*',
      importedFrom: this.#options.source,
      limit: 200,
    });
    for await (const { id, tenantId, externalId, url } of imported) {
      if (externalId === null || !isMissing(tenantId) || seen.has(keyOf(tenantId, externalId))) continue;
      yield attempt({ kind: 'webhook', tenant: tenantId, name: url ?? externalId, notes: [] }, async () => {
        if (!deletes)
          return { action: 'exists', notes: ['not in the source any more (--delete deletes it)'] };
        if (!this.#options.dryRun) await this.#api.webhooks.delete(id);
        return { action: 'delete', notes: ['not in the source any more'] };
      });
    }
  }
}

type ImportBody = components['schemas']['ImportWebhook'];
type TenantDetails = components['schemas']['TenantDetails'];

/** What an import has read of the source. */
export interface Seen {
  /** The keys of webhooks. */
  seen: ReadonlySet<string>;
  /** Returns whether a webhook of this tenant that was not seen is missing in the source. */
  isMissing: (tenantId: string) => boolean;
}

/** Returns the key of a webhook of the source. */
export const keyOf = (tenantId: string, externalId: string): string => `${tenantId} ${externalId}`;

const NEW: Pick<components['schemas']['ImportedWebhook'], 'action' | 'fields' | 'webhook'> = {
  action: 'created',
  fields: [],
  webhook: null,
};

const ACTION_OF = { created: 'create', updated: 'update', unchanged: 'exists' } as const;

async function attempt(
  item: Omit<Result, 'action'>,
  work: () => Promise<{ action: Action; notes?: string[] }>,
): Promise<Result> {
  try {
    const { action, notes = [] } = await work();
    return { ...item, action, notes: [...notes, ...item.notes] };
  } catch (error) {
    if (error instanceof z.ZodError)
      return {
        ...item,
        action: 'failed',
        notes: fieldErrors(error).map(errorText),
      };
    if (!(error instanceof PosthornError) || failsEveryItem(error)) throw error;
    const isSecretRefused = error.errors.some(({ path }) => path.startsWith('secrets'));
    return { ...item, action: 'failed', notes: [error.message, ...(isSecretRefused ? [ROTATION_PLAN] : [])] };
  }
}

/** Without access, without an API or without the right to attest, every item fails: the user reads it once. */
const failsEveryItem = ({ status, code }: PosthornError): boolean =>
  status === undefined || status === 401 || code === 'attestation_not_allowed';

const ROTATION_PLAN =
  'rotate it in the source to a secret of 16 to 128 bytes, let the receiver verify both, and import again (docs/import.md#secrets-that-posthorn-refuses)';

/** Returns why the API would refuse a schema. */
async function schemaProblem(schema: Record<string, unknown>): Promise<string | undefined> {
  const { createSchemaValidator } = await import('@posthorn/rules');
  try {
    createSchemaValidator()(JSON.stringify(schema), {});
    return undefined;
  } catch (error) {
    return `The schema is invalid; ${error instanceof Error ? error.message : String(error)}`;
  }
}

function assertValid(schema: z.ZodType, input: unknown): void {
  schema.parse(input, REPORTED);
}
