// Webhooks that are read with their feeds, from the command line and in a configuration.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { words } from './fixtures/command-line.js';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

const PULL = { delivery: 'pull', url: null, status: 'active' };

it('a webhook without a URL is created, listed, exported, changed and deleted', async () => {
  const { run, folder } = inUse;
  const created = await run(words('webhooks create --pull --events a.b --external-id pulled --json'));
  expect(created.json()).toMatchObject(PULL);
  expect((await run(words('webhooks list'))).stdout).toContain('none (pull)');

  const file = path.join(folder, 'pulled.yaml');
  writeFileSync(file, (await run(['export', '--json'])).stdout);
  expect((await run(['apply', file])).stdout).toBe('No differences\n');
  expect(await run(words('webhooks update ext:pulled --push'))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('url is required'),
  });
  const url = 'https://receiver.example/';
  const pushed = await run(words(`webhooks update ext:pulled --push --new-url ${url} --json`));
  expect(pushed.json()).toMatchObject({ delivery: 'push', url, status: 'pending_validation' });
  expect((await run(['apply', file, '--yes'])).code).toBe(0);
  expect((await run(words('webhooks get ext:pulled --json'))).json()).toMatchObject(PULL);
  expect(await run(words('webhooks delete ext:pulled --yes'))).toMatchObject({ code: 0 });
});

it('a webhook needs a URL, or --pull', async () => {
  const missing = await inUse.run(words('webhooks create --events a.b'));
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('url is required') });
  const both = await inUse.run(words('webhooks create https://receiver.example/ --pull --events a.b'));
  expect(both).toMatchObject({ code: 1, stderr: expect.stringContaining('url does not apply') });
});
