import { expect, it } from '@jest/globals';
import { type Posthorn, PosthornError } from '@posthorn/sdk';
import { Importer } from '../src/import/importer.js';
import { unchecked } from '../src/options.js';

it.each([
  [403, 'attestation_not_allowed'],
  [401, 'unauthorized'],
] as const)('ends at the first webhook if every one fails (%i %s)', async (status, code) => {
  const refused = new PosthornError('Refused', { code, status });
  const api = unchecked<Posthorn>({ webhooks: { import: () => Promise.reject(refused) } });
  const importer = new Importer(api, {
    source: 'Test',
    dryRun: false,
    mode: 'create',
    shadow: false,
    suspend: false,
    attest: 'receives already',
    deliveryFormat: undefined,
  });
  const webhook = {
    externalId: 'one',
    url: 'https://a.example/',
    settings: { eventTypes: ['a.b'], deliveryFormat: undefined },
    secrets: [],
    isEnabled: true,
    notes: [],
  };
  const imported = importer.webhook({ externalId: null, id: 'ten_1' }, unchecked(webhook));
  await expect(imported).rejects.toBe(refused);
});
