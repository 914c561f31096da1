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
    stderr: expect.stringContaining(
      'webhook ed: The webhook is new and has no signing key. Set signingKey: {privateKey',
    ),
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

it('names the tenant and the webhook that cannot be applied, and stops there', async () => {
  const { run, folder } = inUse;
  const file = path.join(folder, 'refused.yaml');
  const apply = (tenants: object[], flags: string[] = []) => {
    writeFileSync(file, JSON.stringify({ version: 1, tenants }));
    return run(['apply', file, '--yes', ...flags]);
  };
  const refused = { ...TWO, externalId: 'refused', timeoutMs: 1 };
  const tenant = { name: 'Refused', externalId: 'refused' };
  const webhooks = [{ ...TWO, externalId: 'before' }, refused, { ...TWO, externalId: 'after' }];
  const named = 'The webhook refused of Refused could not be created: ';
  expect(await apply([{ ...tenant, webhooks }])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`\nposthorn: ${named}.*timeoutMs`)),
  });
  const asJson = await apply([{ ...tenant, webhooks }], ['--json']);
  expect(JSON.parse(asJson.stderr.trim().split('\n').at(-1) ?? '').error).toMatchObject({
    message: expect.stringContaining(named),
    code: 'invalid_input',
    status: 422,
    errors: [expect.objectContaining({ path: 'timeoutMs' })],
  });
  const created = (await inUse.api.get('/v1/webhooks?tenantId=ext:refused')).body.data;
  expect(created.map(({ externalId }: { externalId: string }) => externalId)).toEqual(['before']);

  expect((await apply([{ ...tenant, contactEmail: 'none' }])).stderr).toContain(
    '\nposthorn: The tenant Refused could not be updated: ',
  );
  expect((await apply([{ name: 'New', contactEmail: 'none' }])).stderr).toContain(
    '\nposthorn: The tenant New could not be created: ',
  );
  const changed = { ...TWO, externalId: 'before', timeoutMs: 1 };
  expect((await apply([{ ...tenant, webhooks: [changed] }])).stderr).toContain(
    '\nposthorn: The webhook before of Refused could not be updated: ',
  );
  expect((await apply([{ ...tenant, webhooks: [TWO, TWO] }])).stderr).toContain(
    'tenant Refused: The file has the webhook two twice',
  );
});
