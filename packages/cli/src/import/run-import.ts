import { isDeepStrictEqual } from 'node:util';
import { groupBy } from '@posthorn/core';
import { pMapIterable } from 'p-map';
import { exclusionOf } from './exclusion.js';
import { toExternalId } from './external-id.js';
import type { Importer, RefusedWebhook, Target } from './importer.js';
import { keyOf, type MissingWebhooks, type Seen } from './missing-webhooks.js';
import type { ImportedTenant, ImportedWebhook, ImportSource } from './records.js';
import type { Result } from './result.js';
import { SourceError } from './source-error.js';

/** Tenants that are imported at the same time. */
const CONCURRENCY = 6;

export interface RunOptions {
  /** Absent: what the source does not have any more is ignored. */
  missing?: MissingWebhooks | undefined;
  /** URLs of webhooks that are not imported: see `exclusionOf`. */
  exclude?: readonly string[];
}

/** Imports everything that a source has: event types, then each tenant with its webhooks. Then handles what it does not have any more. */
export async function* runImport(
  source: ImportSource,
  importer: Importer,
  { missing, exclude = [] }: RunOptions = {},
): AsyncGenerator<Result, void, void> {
  for await (const eventType of source.eventTypes()) yield importer.eventType(eventType);
  const read = new ReadTenants(source.isPartial ?? false);
  const tenants = pMapIterable(
    source.tenants(),
    (tenant) => importTenant(tenant, { importer, read, exclude }),
    { concurrency: CONCURRENCY },
  );
  for await (const results of tenants) yield* results;
  if (missing) yield* missing.remove(read);
}

/** What has been read of the source. */
class ReadTenants implements Seen {
  readonly webhooks = new Set<string>();
  readonly tenants = new Map<string, string | null>();
  readonly #isPartial: boolean;
  #hasFailed = false;

  constructor(isPartial: boolean) {
    this.#isPartial = isPartial;
  }

  add({ id, externalId }: Target, webhooks: ImportedWebhook[]): void {
    if (id === null) return;
    this.tenants.set(id, externalId);
    for (const webhook of webhooks) this.webhooks.add(keyOf(id, toExternalId(webhook.externalId)));
  }

  fail(): void {
    this.#hasFailed = true;
  }

  /** A tenant that was not read may be missing only if all others were read. */
  mayMiss(tenantId: string): boolean {
    return this.tenants.has(tenantId) || !(this.#isPartial || this.#hasFailed);
  }
}

async function importTenant(
  tenant: ImportedTenant,
  { importer, read, exclude }: { importer: Importer; read: ReadTenants; exclude: readonly string[] },
): Promise<Result[]> {
  const webhooks = await readWebhooks(tenant);
  if (webhooks instanceof SourceError) {
    read.fail();
    return [{ kind: 'tenant', name: tenant.name, action: 'failed', notes: [webhooks.message] }];
  }
  const { result, target } = await importer.tenant(tenant);
  if (result.action === 'failed') {
    read.fail();
    return [result];
  }
  read.add(target, webhooks);
  const results = [result];
  const refused: RefusedWebhook[] = [];
  for (const webhook of withoutRepeats(webhooks)) {
    const excluded = exclusionOf(webhook.url, exclude);
    const imported = await importer.webhook(target, { ...webhook, skip: excluded ?? webhook.skip });
    results.push(imported);
    if (excluded === null && isRefused(imported, webhook)) refused.push({ webhook, notes: imported.notes });
  }
  await importer.rememberRefused(target, refused);
  return results;
}

/** Returns the webhooks of a list, each once. Those with the same id that differ are not to be imported: nobody knows which one is right. */
function withoutRepeats(webhooks: ImportedWebhook[]): ImportedWebhook[] {
  const byId = [...groupBy(webhooks, ({ externalId }) => externalId).values()];
  return byId.flatMap((same) => {
    const [first, ...others] = same;
    const isClear = others.every((other) => isDeepStrictEqual(other, first));
    return isClear ? same.slice(0, 1) : same.map((webhook) => ({ ...webhook, skip: ambiguous(same) }));
  });
}

const ambiguous = (same: ImportedWebhook[]): string =>
  `the source has ${same.length} webhooks with the id ${same[0]?.externalId}, which differ. Change the id of the others there`;

/** Whether the source sends to a webhook that Posthorn cannot send to. */
const isRefused = ({ action }: Result, { isEnabled }: ImportedWebhook): boolean =>
  isEnabled && (action === 'skip' || action === 'failed');

/** Returns the webhooks of a tenant, or the error if it concerns only this tenant. */
async function readWebhooks(tenant: ImportedTenant): Promise<ImportedWebhook[] | SourceError> {
  try {
    return await tenant.webhooks();
  } catch (error) {
    if (!(error instanceof SourceError) || error.failsEveryRequest) throw error;
    return error;
  }
}
