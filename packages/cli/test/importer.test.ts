import { expect, it } from '@jest/globals';
import { type Posthorn, PosthornError } from '@posthorn/sdk';
import { Importer } from '../src/import/importer.js';
import type { ImportedWebhook } from '../src/import/records.js';
import { unchecked } from '../src/command/options.js';

const OPTIONS = {
  source: 'Test',
  dryRun: false,
  mode: 'create',
  shadow: false,
  suspend: false,
  attest: undefined,
  deliveryFormat: undefined,
} as const;

const WEBHOOK: ImportedWebhook = {
  externalId: 'one',
  url: 'https://a.example/',
  settings: { eventTypes: ['a.b'], deliveryFormat: undefined },
  secrets: [],
  isEnabled: true,
  notes: [],
};

it.each([
  [403, 'attestation_not_allowed'],
  [401, 'unauthorized'],
] as const)('ends at the first webhook if every one fails (%i %s)', async (status, code) => {
  const refused = new PosthornError('Refused', { code, status });
  const api = unchecked<Posthorn>({ webhooks: { import: () => Promise.reject(refused) } });
  const importer = new Importer(api, { ...OPTIONS, attest: 'receives already' });
  const imported = importer.webhook({ externalId: null, id: 'ten_1' }, WEBHOOK);
  await expect(imported).rejects.toBe(refused);
});

it('fails in a dry run beyond the quota that a new tenant will have', async () => {
  const notFound = new PosthornError('Tenant not found', { code: 'not_found', status: 404 });
  const get = (id: string) =>
    id === 'default' ? Promise.resolve({ defaultQuotas: { webhooks: 2 } }) : Promise.reject(notFound);
  const created = { action: 'created', fields: [], attested: false, webhook: null };
  const api = unchecked<Posthorn>({
    tenants: { get, list: async function* () {} },
    webhooks: { import: () => Promise.resolve(created) },
  });
  const importer = new Importer(api, { ...OPTIONS, dryRun: true });
  const { target } = await importer.tenant({ externalId: 'new', name: 'New', webhooks: async () => [] });
  const results = [];
  for (const externalId of ['one', 'two', 'three'])
    results.push(await importer.webhook(target, { ...WEBHOOK, externalId }));
  expect(results.map(({ action }) => action)).toEqual(['create', 'create', 'failed']);
  expect(results[2]?.notes).toEqual(['The quota for webhooks (2) is reached']);
});
