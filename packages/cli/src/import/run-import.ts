import { pMapIterable } from 'p-map';
import { toExternalId } from './external-id.js';
import { type Importer, keyOf } from './importer.js';
import type { ImportedTenant, ImportedWebhook, ImportSource } from './records.js';
import type { Result } from './result.js';
import { SourceError } from './source-error.js';

/** Tenants that are imported at the same time. */
const CONCURRENCY = 6;

/** How to treat webhooks that are not in the source any more: ignore, report or delete them. */
export type MissingPolicy = 'ignore' | 'report' | 'delete';

/** Imports everything that a source has: event types, then each tenant with its webhooks. */
export async function* runImport(
  source: ImportSource,
  importer: Importer,
  missing: MissingPolicy = 'ignore',
): AsyncGenerator<Result, void, void> {
  for await (const eventType of source.eventTypes()) yield importer.eventType(eventType);
  const read = new ReadTenants();
  const tenants = pMapIterable(source.tenants(), (tenant) => importTenant(tenant, { importer, read }), {
    concurrency: CONCURRENCY,
  });
  for await (const results of tenants) yield* results;
  if (missing === 'ignore') return;
  const isMissing = (tenantId: string) => read.isMissing(tenantId, source.isPartial ?? false);
  yield* importer.missing({ seen: read.webhooks, isMissing }, missing === 'delete');
}

/** What has been read of the source. */
class ReadTenants {
  readonly webhooks = new Set<string>();
  readonly #complete = new Set<string>();
  #hasFailed = false;

  add(tenantId: string, webhooks: ImportedWebhook[]): void {
    this.#complete.add(tenantId);
    for (const { externalId } of webhooks) this.webhooks.add(keyOf(tenantId, toExternalId(externalId)));
  }

  fail(): void {
    this.#hasFailed = true;
  }

  /** A tenant that was not read is missing only if all others were. */
  isMissing(tenantId: string, isPartial: boolean): boolean {
    return this.#complete.has(tenantId) || !(isPartial || this.#hasFailed);
  }
}

async function importTenant(
  tenant: ImportedTenant,
  { importer, read }: { importer: Importer; read: ReadTenants },
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
  if (target.id !== null) read.add(target.id, webhooks);
  const results = [result];
  for (const webhook of webhooks) results.push(await importer.webhook(target, webhook));
  return results;
}

/** Returns the webhooks of a tenant, or the error if it concerns only this tenant. */
async function readWebhooks(tenant: ImportedTenant): Promise<ImportedWebhook[] | SourceError> {
  try {
    return await tenant.webhooks();
  } catch (error) {
    // Without access, or without a response, every tenant fails.
    if (!(error instanceof SourceError) || error.status === undefined || error.status === 401) throw error;
    return error;
  }
}
