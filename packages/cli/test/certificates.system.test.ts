import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createAuthority } from '@posthorn/testkit';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();
const authority = createAuthority('Test CA');
const client = authority.issue('posthorn.example');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-cli-'));
  for (const [name, text] of Object.entries({ cert: client.cert, key: client.key, ca: authority.ca }))
    writeFileSync(path.join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);

async function create(kind: 'webhooks' | 'tenants'): Promise<string> {
  const fields =
    kind === 'webhooks' ? { url: 'http://127.0.0.1:9/', eventTypes: ['*'] } : { name: 'certified' };
  return (await inUse.api.post(`/v1/${kind}`, fields)).body.id;
}

const certificates = (...words: string[]) => inUse.run(['certificates', ...words]);

it.each(['webhooks', 'tenants'] as const)(
  'certificates of %s are set from files, shown and removed',
  async (kind) => {
    const id = await create(kind);
    const set = await certificates('set', id, '--certificate', at('cert'), '--private-key', at('key'));
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining('CN=posthorn.example') });
    expect(set.stdout).not.toContain('PRIVATE KEY');
    expect((await certificates('trust', id, '--ca', at('ca'))).stdout).toMatch(
      /authorities\s+CN=Test CA \(2/,
    );
    await certificates('remove', id, '--client', '--ca');
    expect((await certificates('show', id)).stdout).not.toContain('CN=');
  },
);

it('a signing request is printed as it is, and is refused for a certificate of another key', async () => {
  const id = await create('webhooks');
  const { stdout } = await certificates('request', id, '--common-name', 'posthorn');
  expect(stdout).toMatch(/^-----BEGIN CERTIFICATE REQUEST-----\n[^-]+-----END CERTIFICATE REQUEST-----\n$/);
  const { code, stderr } = await certificates('set', id, '--certificate', at('cert'));
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('certificate has a public key that does not belong'),
  ]);
});

it('names a file that cannot be read, and what to remove', async () => {
  expect(await certificates('trust', 'wh_1', '--ca', at('missing'))).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--ca: cannot read'),
  });
  expect(await certificates('remove', 'wh_1')).toMatchObject({ code: 2 });
});
