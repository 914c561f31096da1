import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { useStack } from './fixtures/use-stack.js';

const inUse = useStack();

let folder: string;
let file: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-export-'));
  for (let n = 1; n <= 3; n += 1)
    await inUse.api.post(
      '/v1/events',
      `{"type":"export.test","data":{"n":${n}.0,"text":"${'ä'.repeat(40_000)}"}}`,
    );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(() => {
  file = path.join(folder, `${Date.now()}.ndjson`);
});

const run = (...others: string[]) => inUse.run(['tenants', 'export', 'default', '--output', file, ...others]);

/** The lines of the file, without the entries that each export adds to the audit log. */
const linesOf = (text: string) => text.split('\n').filter((line) => !line.includes('"tenant.exported"'));

it('writes a file that only its owner can read, with the records as the API wrote them', async () => {
  const { code, stdout } = await run();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Exported \d+ records to /);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('"data":{"n":2.0,');
  expect(text.endsWith('\n')).toBe(true);
  const last = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
  expect(last.type).toBe('complete');
  expect(statSync(file).mode.toString(8).slice(-3)).toBe('600');
});

it('does not overwrite a file', async () => {
  writeFileSync(file, 'precious');
  const { code, stderr } = await run();
  expect(code).toBe(2);
  expect(stderr).toContain('already exists. Continue it with --resume');
  expect(readFileSync(file, 'utf8')).toBe('precious');
});

it('continues a file that ends anywhere', async () => {
  await run();
  const text = readFileSync(file, 'utf8');
  const event = text.indexOf('{"type":"event","cursor"');
  const ends = [
    0,
    1,
    event,
    event + 100,
    event + 50_000,
    text.indexOf('\n', event),
    text.indexOf('\n', event) + 1,
    text.length - 1,
  ];
  for (const end of ends) {
    writeFileSync(file, text.slice(0, end));
    expect((await run('--resume')).code).toBe(0);
    expect(linesOf(readFileSync(file, 'utf8'))).toEqual(linesOf(text));
  }
});

it('leaves a complete file as it is, and rejects one that is no export', async () => {
  await run('--resume');
  const text = readFileSync(file, 'utf8');
  expect((await run('--resume')).stderr).toContain('is complete already');
  expect(readFileSync(file, 'utf8')).toBe(text);
  writeFileSync(file, 'no export\n');
  expect(await run('--resume')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is not an export'),
  });
});
