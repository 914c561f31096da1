import type { components, Posthorn } from '@posthorn/sdk';
import pMap from 'p-map';
import { collect } from '../command/collect.js';
import { fromExternalId } from './external-id.js';
import type { ImportSource } from './records.js';
import type { Result } from './result.js';
import { SourceError } from './source-error.js';

/** What happens to webhooks that are not in the source any more. */
export type MissingPolicy = 'ignore' | 'report' | 'suspend' | 'delete';

/** What an import has read of the source. */
export interface Seen {
  /** The keys of webhooks: see `keyOf`. */
  webhooks: ReadonlySet<string>;
  /** Returns whether a webhook of this tenant that was not seen may be missing in the source. */
  mayMiss(tenantId: string): boolean;
  /** The external ids of tenants, null for the default tenant, by id. */
  tenants: ReadonlyMap<string, string | null>;
}

interface MissingOptions {
  policy: Exclude<MissingPolicy, 'ignore'>;
  dryRun: boolean;
  /** How many webhooks may be suspended or deleted. Undefined: `MAX_MISSING`, and 10 % of all. */
  max: number | undefined;
}

/** Returns the key of a webhook of the source. */
export const keyOf = (tenantId: string, importedId: string): string => `${tenantId} ${importedId}`;

type Webhook = components['schemas']['Webhook'];

/** A webhook that was imported before, and what would happen to it. */
interface Missing {
  webhook: Webhook;
  row: Omit<Result, 'action' | 'notes'>;
  plan: Planned | Problem;
}

type Planned = components['schemas']['RemovedImport'];

interface Problem {
  problem: string;
}

const MAX_MISSING = 10;
const MAX_MISSING_SHARE = 0.1;

const CONCURRENCY = 6;

/** Handles the webhooks that were imported before and are not in the source any more. Nothing ends if they are too many. */
export class MissingWebhooks {
  readonly #api: Posthorn;
  readonly #source: ImportSource;
  readonly #options: MissingOptions;

  constructor(api: Posthorn, source: ImportSource, options: MissingOptions) {
    this.#api = api;
    this.#source = source;
    this.#options = options;
  }

  async *remove(seen: Seen): AsyncGenerator<Result> {
    const { policy, dryRun } = this.#options;
    const imported = (await this.#imported()).filter(({ tenantId }) => seen.mayMiss(tenantId));
    const unseen = imported.filter(
      ({ tenantId, importedId }) => importedId !== null && !seen.webhooks.has(keyOf(tenantId, importedId)),
    );
    const missing = await pMap(unseen, (webhook) => this.#examine(webhook, seen), {
      concurrency: CONCURRENCY,
    });
    const ending = missing.filter(({ plan }) => 'action' in plan && plan.action !== 'unchanged').length;
    const stop = policy === 'report' ? null : stopReason(ending, imported.length, this.#options.max);
    for (const { webhook, row, plan } of missing) {
      if ('problem' in plan) yield { ...row, action: 'failed', notes: [plan.problem] };
      else if (policy === 'report') yield { ...row, action: 'exists', notes: [REPORTED[plan.action]] };
      else if (plan.action === 'unchanged') yield { ...row, action: 'exists', notes: [keptNote(plan)] };
      else if (stop !== null) yield { ...row, action: 'failed', notes: [stop] };
      else {
        if (!dryRun) await this.#api.webhooks.removeImport(webhook.id, this.#body());
        yield { ...row, ...ENDED[plan.action] };
      }
    }
  }

  #imported(): Promise<Webhook[]> {
    return collect(
      this.#api.webhooks.list({
        tenantId: '*',
        importedFrom: this.#source.name,
        limit: 200,
      }),
    );
  }

  #body(): { source: string; delete: boolean } {
    return {
      source: this.#source.name,
      delete: this.#options.policy !== 'suspend',
    };
  }

  async #examine(webhook: Webhook, seen: Seen): Promise<Missing> {
    const { id, tenantId, url, importedId } = webhook;
    const tenant = await this.#tenantOf(tenantId, seen);
    const row = {
      kind: 'webhook',
      tenant: tenant ?? 'default',
      name: url ?? importedId ?? id,
    } as const;
    const problem = await this.#problemOf(tenant, importedId ?? '');
    if (problem !== null) return { webhook, row, plan: { problem } };
    const plan = await this.#api.webhooks.removeImport(id, {
      ...this.#body(),
      dryRun: true,
    });
    return { webhook, row, plan };
  }

  async #tenantOf(tenantId: string, { tenants }: Seen): Promise<string | null> {
    const known = tenants.get(tenantId);
    return known === undefined ? (await this.#api.tenants.get(tenantId)).externalId : known;
  }

  /** Returns why a webhook must not end: only the response for its own id says that the source does not have it. */
  async #problemOf(tenant: string | null, importedId: string): Promise<string | null> {
    const ids = {
      tenant: tenant === null ? null : fromExternalId(tenant),
      id: fromExternalId(importedId),
    };
    try {
      return (await this.#source.has(ids)) ? INCOMPLETE : null;
    } catch (error) {
      if (!(error instanceof SourceError) || error.failsEveryRequest) throw error;
      return `not in the list of the source, which does not confirm its removal: ${error.message}`;
    }
  }
}

const INCOMPLETE =
  'the source has it, but its list does not: the list is incomplete, nothing is changed (repeat the import)';

const REPORTED: Record<Planned['action'], string> = {
  removed: 'not in the source any more (--suspend suspends it)',
  deleted: 'not in the source any more, suspended (--delete deletes it)',
  unchanged: 'not in the source any more, reactivated by hand',
};

const ENDED = {
  removed: {
    action: 'suspend',
    notes: ['not in the source any more (a later --delete deletes it)'],
  },
  deleted: { action: 'delete', notes: ['not in the source any more'] },
} as const satisfies Partial<Record<Planned['action'], Pick<Result, 'action' | 'notes'>>>;

const keptNote = ({ webhook }: Planned): string =>
  REPORTED[webhook?.status === 'active' ? 'unchanged' : 'deleted'];

/** Returns why nothing ends: a source that lacks many webhooks is more likely at fault than right. */
function stopReason(count: number, total: number, max: number | undefined): string | null {
  const limit = max ?? Math.min(MAX_MISSING, Math.floor(total * MAX_MISSING_SHARE));
  if (count <= limit) return null;
  const share = Math.round((count / total) * 100);
  return `${count} of ${total} webhooks (${share} %) are not in the source any more: none is suspended or deleted. If that is right, pass --max-missing ${count}`;
}
