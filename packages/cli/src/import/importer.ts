import { errorText } from '@posthorn/core';
import { fieldErrors, MAX_REFUSAL_LENGTH, MAX_REFUSED_IMPORTS, REPORTED, ROUTES } from '@posthorn/contract';
import { type components, type Posthorn, PosthornError } from '@posthorn/sdk';
import { z } from 'zod';
import { found } from '../command/found.js';
import { unchecked } from '../command/options.js';
import { idNotes, toExternalId } from './external-id.js';
import type { ImportedEventType, ImportedTenant, ImportedWebhook } from './records.js';
import type { Action, Result } from './result.js';
import { notesOf } from './webhook-notes.js';

interface ImportOptions {
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

/** A webhook that the source sends to, and that could not be imported. */
export interface RefusedWebhook {
  webhook: ImportedWebhook;
  /** Why. */
  notes: readonly string[];
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
  /** Names of tenants that a dry run would create. */
  readonly #plannedNames = new Set<string>();

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
      if (!(await this.#isTaken(name))) return { action: 'create' };
      return { action: 'create', notes: [takenNote(uniqueName(target, name))] };
    });
    return { result, target };
  }

  /** Returns whether a tenant has the name, or one that this dry run would create. */
  async #isTaken(name: string): Promise<boolean> {
    if (this.#plannedNames.has(name)) return true;
    this.#plannedNames.add(name);
    for await (const tenant of this.#api.tenants.list({ search: name.slice(0, MAX_SEARCH), limit: 200 }))
      if (tenant.name === name) return true;
    return false;
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
      const unique = uniqueName(target, name);
      target.id = (await this.#api.tenants.put(reference, { name: unique })).id;
      return [takenNote(unique)];
    }
  }

  async webhook(target: Target, webhook: ImportedWebhook): Promise<Result> {
    const { externalId, url: name, skip } = webhook;
    const ofId = idNotes(externalId);
    const notes = [...ofId, ...webhook.notes];
    const item = { kind: 'webhook', tenant: target.externalId ?? 'default', name, notes } as const;
    // Its other notes are about its import.
    if (skip !== undefined) return { ...item, action: 'skip', notes: [`${NOT_IMPORTED}${skip}`, ...ofId] };
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

  /** Remembers what could not be imported of a tenant, so that the end of its shadows can name it. */
  async rememberRefused({ id }: Target, refused: readonly RefusedWebhook[]): Promise<void> {
    const { source, dryRun } = this.#options;
    if (dryRun || id === null) return;
    const webhooks = refused.slice(0, MAX_REFUSED_IMPORTS).map(({ webhook: { externalId, url }, notes }) => ({
      externalId: toExternalId(externalId).slice(0, MAX_EXTERNAL_ID) || '-',
      url: storable(url).slice(0, MAX_URL),
      reason: storable(notes.join('; ').replace(NOT_IMPORTED, '')).slice(0, MAX_REFUSAL_LENGTH),
    }));
    await this.#api.tenants.putRefusedImports(id, { source, webhooks });
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
}

const NOT_IMPORTED = 'not imported: ';

const MAX_SEARCH = 200;
const MAX_EXTERNAL_ID = 255;
const MAX_URL = 2048;

/** Returns a text without characters that PostgreSQL cannot store. */
const storable = (text: string): string => text.replaceAll(/[\0\p{Surrogate}]/gu, '');

const uniqueName = ({ externalId }: Target, name: string): string => `${name} (${externalId})`;

const takenNote = (unique: string): string => `the name is in use: ${unique}`;

type ImportBody = components['schemas']['ImportWebhook'];
type TenantDetails = components['schemas']['TenantDetails'];

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
