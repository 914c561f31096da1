import { expect, it } from '@jest/globals';
import { type Posthorn } from '@posthorn/sdk';
import { unchecked } from '../src/command/options.js';
import { Importer } from '../src/import/importer.js';
import type { ImportedWebhook, ImportSource } from '../src/import/records.js';
import type { Result } from '../src/import/result.js';
import { runImport } from '../src/import/run-import.js';

const webhook = (externalId: string, url: string): ImportedWebhook => ({
  externalId,
  url,
  settings: { eventTypes: ['a.b'], deliveryFormat: undefined },
  secrets: [],
  isEnabled: true,
  notes: [],
});

/** Imports a tenant whose list has these webhooks. Returns the results of webhooks, and what Posthorn gets. */
async function importList(webhooks: ImportedWebhook[]) {
  const imported: [id: string, url: string][] = [];
  let refused: unknown;
  const api = unchecked<Posthorn>({
    tenants: {
      get: (id: string) => Promise.resolve({ id }),
      putRefusedImports: async (_id: string, body: { webhooks: unknown }) => {
        refused = body.webhooks;
      },
    },
    webhooks: {
      import: async (id: string, { url }: { url: string }) => {
        imported.push([id, url]);
        return { action: 'created', fields: [], attested: false, webhook: null };
      },
    },
  });
  const source: ImportSource = {
    name: 'Test',
    format: 'its format',
    isLive: false,
    async *eventTypes() {},
    async *tenants() {
      yield { externalId: 'customer-1', name: 'Customer', webhooks: () => Promise.resolve(webhooks) };
    },
    has: () => Promise.resolve(true),
  };
  const importer = new Importer(api, {
    source: 'Test',
    dryRun: false,
    mode: 'sync',
    shadow: false,
    suspend: false,
    attest: undefined,
    deliveryFormat: undefined,
  });
  const results: Result[] = [];
  for await (const result of runImport(source, importer)) if (result.kind === 'webhook') results.push(result);
  return { imported, refused, results };
}

const reason = 'the source has 2 webhooks with the id same, which differ. Change the id of the others there';

it.each<[string, ImportedWebhook]>([
  ['another URL', webhook('same', 'https://b.example/')],
  ['other settings', { ...webhook('same', 'https://a.example/'), isEnabled: false }],
])('imports none of the webhooks with the same id and %s, but the others', async (_case, other) => {
  const { imported, refused, results } = await importList([
    webhook('one', 'https://one.example/'),
    webhook('same', 'https://a.example/'),
    webhook('two', 'https://two.example/'),
    other,
  ]);
  expect(imported).toEqual([
    ['ext:one', 'https://one.example/'],
    ['ext:two', 'https://two.example/'],
  ]);
  const skipped = results.filter(({ action }) => action === 'skip');
  expect(skipped.map(({ name, notes }) => [name, notes])).toEqual([
    ['https://a.example/', [`not imported: ${reason}`]],
    [other.url, [`not imported: ${reason}`]],
  ]);
  expect(refused).toContainEqual({ externalId: 'same', url: 'https://a.example/', reason });
});

it('imports a webhook once that a list has twice', async () => {
  const { imported, results } = await importList([
    webhook('same', 'https://a.example/'),
    webhook('same', 'https://a.example/'),
  ]);
  expect(imported).toEqual([['ext:same', 'https://a.example/']]);
  expect(results.map(({ action }) => action)).toEqual(['create']);
});
