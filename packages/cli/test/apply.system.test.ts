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
      String.raw`\nposthorn: The webhook ${name} of Overtaken was changed by another client [^\n]*\n$`,
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
