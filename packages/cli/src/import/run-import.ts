import { pMapIterable } from 'p-map';
import type { Importer, Result } from './apply.js';
import type { ImportedTenant, ImportedWebhook, ImportSource } from './records.js';
import { SourceError } from './source-error.js';

/** Tenants that are imported at the same time. */
const CONCURRENCY = 6;

/** Imports everything that a source has: event types, then each tenant with its webhooks. */
export async function* runImport(
  source: ImportSource,
  importer: Importer,
): AsyncGenerator<Result, void, void> {
  for await (const eventType of source.eventTypes()) yield importer.eventType(eventType);
  const tenants = pMapIterable(source.tenants(), (tenant) => importTenant(tenant, importer), {
    concurrency: CONCURRENCY,
  });
  for await (const results of tenants) yield* results;
}

async function importTenant(tenant: ImportedTenant, importer: Importer): Promise<Result[]> {
  const imported = await importer.tenant(tenant);
  if (imported.action === 'failed') return [imported];
  const webhooks = await readWebhooks(tenant);
  if (webhooks instanceof SourceError)
    return [{ ...imported, action: 'failed', notes: [webhooks.message, ...imported.notes] }];
  const results = [imported];
  for (const webhook of webhooks) results.push(await importer.webhook(tenant.externalId, webhook));
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
