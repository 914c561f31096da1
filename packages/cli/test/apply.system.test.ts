// Configuration files that are applied while another client changes the same webhooks.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { startMeddlingProxy } from './fixtures/meddling-proxy.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

const ONE = {
  externalId: 'one',
  url: 'https://a.example/',
  eventTypes: ['a.b'],
};
const TWO = { ...ONE, externalId: 'two', secret: 'a secret of sixteen' };

/** Applies a file with these webhooks of the tenant `Overtaken`. Another client is faster with the first request of a method. */
async function applyOvertaken(webhooks: object[], method: string, meddle: () => Promise<unknown>) {
  const file = path.join(inUse.folder, 'overtaken.yaml');
  const tenants = [{ name: 'Overtaken', externalId: 'overtaken', webhooks }];
  writeFileSync(file, JSON.stringify({ version: 1, tenants }));
  const proxy = await startMeddlingProxy(inUse.stack.apiUrl, method, meddle);
  const env = {
    POSTHORN_URL: proxy.url,
    POSTHORN_API_KEY: inUse.stack.adminKey,
  };
  const result = await inUse.run(['apply', file, '--prune', '--yes'], { env });
  proxy.close();
  return result;
}

const pathOf = (id: string) => `/v1/webhooks/ext:${id}?tenantId=ext:overtaken`;
const webhook = async (id: string) => (await inUse.api.get(pathOf(id))).body;

const overtaken = (name: string) => ({
  code: 1,
  stdout: '',
  stderr: expect.stringMatching(
    new RegExp(
      String.raw`\nposthorn: The webhook ${name} of Overtaken has changed since it was read[^\n]*\n$`,
    ),
  ),
});

it('leaves a webhook alone that another client changes, creates or deletes in the meantime, and says so', async () => {
  await inUse.api.put('/v1/tenants/ext:overtaken', { name: 'Overtaken' });
  await inUse.api.put(pathOf('one'), {
    url: ONE.url,
    eventTypes: ONE.eventTypes,
  });
  const changed = await applyOvertaken([{ ...ONE, timeoutMs: 2000 }], 'PATCH', () =>
    inUse.api.patch(pathOf('one'), { description: 'Theirs' }),
  );
  expect(changed).toMatchObject(overtaken('one'));
  expect(await webhook('one')).toMatchObject({
    description: 'Theirs',
    timeoutMs: 10_000,
  });

  const created = await applyOvertaken([{ ...ONE, description: 'Theirs' }, TWO], 'POST', () =>
    inUse.api.put(pathOf('two'), { url: ONE.url, eventTypes: ['theirs'] }),
  );
  expect(created).toMatchObject(overtaken('two'));
  expect(await webhook('two')).toMatchObject({ eventTypes: ['theirs'] });

  const kept = await applyOvertaken([{ ...ONE, description: 'Theirs' }], 'DELETE', () =>
    inUse.api.patch(pathOf('two'), { description: 'Needed' }),
  );
  expect(kept).toMatchObject(overtaken('two'));
  expect(await webhook('two')).toMatchObject({ description: 'Needed' });

  const deleted = await applyOvertaken([{ ...ONE, timeoutMs: 2000 }], 'PATCH', () =>
    inUse.api.delete(pathOf('one')),
  );
  expect(deleted).toMatchObject(overtaken('one'));
});

it('creates a webhook that signs only with Ed25519, as its export says', async () => {
  const { run, folder } = inUse;
  const file = path.join(folder, 'ed25519.yaml');
  const privateKey = 'whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=';
  const deliveryFormat = { signatures: [{ profile: 'standard-webhooks', algorithm: 'ed25519' }] };
  const wanted = { ...ONE, externalId: 'ed', deliveryFormat };
  const fileWith = (fields: object) => {
    const tenants = [{ name: 'Ed', externalId: 'ed', webhooks: [{ ...wanted, ...fields }] }];
    writeFileSync(file, JSON.stringify({ version: 1, tenants }));
  };
  const publicKeys = async () => {
    const { body } = await inUse.api.get('/v1/webhooks/ext:ed/signing-keys?tenantId=ext:ed');
    return body.data.map((key: { publicKey: string }) => key.publicKey);
  };

  fileWith({});
  expect(await run(['apply', file, '--yes'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the new webhook ed has no signing key. Set signingKey: {privateKey'),
  });
  fileWith({ signingKey: { privateKey: { env: 'ED_KEY' } } });
  const applied = await run(['apply', file, '--yes'], { env: { ED_KEY: privateKey } });
  expect(applied).toMatchObject({ code: 0, stderr: expect.not.stringContaining('secret') });
  const [publicKey] = await publicKeys();
  expect(publicKey).toBe('whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=');

  const exported = await run(['export']);
  expect(exported.stdout).toContain('privateKey:\n            env: ED_ED_SIGNING_KEY');
  expect(exported.stdout).not.toContain('ED_ED_SECRET');
  writeFileSync(file, exported.stdout);
  expect((await run(['apply', file])).stdout).toBe('No differences\n');
  await inUse.api.delete('/v1/webhooks/ext:ed?tenantId=ext:ed');
  const restored = await run(['apply', file, '--yes'], { env: { ED_ED_SIGNING_KEY: privateKey } });
  expect(restored.code).toBe(0);
  expect(await publicKeys()).toEqual([publicKey]);

  await inUse.api.delete('/v1/webhooks/ext:ed?tenantId=ext:ed');
  fileWith({ signingKey: {} });
  expect((await run(['apply', file, '--dry-run'])).stdout).toContain('signingKey: null → "generated"');
  expect((await run(['apply', file, '--yes'])).code).toBe(0);
  expect(await publicKeys()).not.toEqual([publicKey]);
});
