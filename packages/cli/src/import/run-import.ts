import { pMapIterable } from 'p-map';
import type { Importer, Result } from './apply.js';
import type { ImportedTenant, ImportSource } from './records.js';

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
  const results = [await importer.tenant(tenant)];
  if (results[0]?.action === 'failed') return results;
  for (const webhook of await tenant.webhooks())
    results.push(await importer.webhook(tenant.externalId, webhook));
  return results;
}
