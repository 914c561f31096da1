// Exports that continue a file, against a server that answers like the API.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runHere, words } from './fixtures/command-line.js';

const TENANTS: Record<string, string> = { 'ext:a': 'ten_a', 'ext:b': 'ten_b', ten_a: 'ten_a' };

const lineOf = (type: string, cursor: string, data: object) => `${JSON.stringify({ type, cursor, data })}\n`;

const exportOf = (id: string) =>
  lineOf('tenant', 't', { id }) +
  lineOf('webhook', 'w', { id: `wh_${id}`, tenantId: id }) +
  lineOf('complete', 'c', {});

const HASH = 'ab'.repeat(32);
const entry = (number: number) => lineOf('audit_entry', `${number}:${HASH}`, { number, hash: HASH });

let folder: string;
let file: string;
/** The positions after which exports were requested. */
let exported: (string | null)[] = [];
/** Whether the API refuses to continue. */
let refuses = false;

const api = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  const [, , resource, reference = '', part] = pathname.split('/').map((each) => decodeURIComponent(each));
  const json = { 'content-type': 'application/json' };
  const id = TENANTS[reference] ?? '';
  if (resource === 'tenants' && part === undefined) {
    response.writeHead(200, json).end(JSON.stringify({ id }));
    return;
  }
  const after = searchParams.get('after');
  exported.push(after);
  if (refuses) {
    const problem = {
      status: 409,
      code: 'conflict',
      title: 'Conflict with existing data',
      detail: 'another hash',
    };
    response.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    return;
  }
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  const text = resource === 'tenants' ? exportOf(id) : entry(1) + entry(2) + lineOf('complete', '2', {});
  const lines = text.split(/(?<=\n)/);
  response.end(lines.slice(lines.findIndex((line) => line.includes(`"cursor":"${after}"`)) + 1).join(''));
});
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-resume-'));
  api.listen(0, '127.0.0.1');
  await once(api, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
afterAll(() => {
  api.closeAllConnections();
  api.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  file = path.join(folder, 'export.ndjson');
  rmSync(file, { force: true });
  exported = [];
  refuses = false;
});

const run = (command: string) =>
  runHere([...words(command), '--output', file, '--resume', '--url', url, '--api-key', 'phk_x'], {
    cwd: folder,
  });

const AUDIT = 'audit export';
const TENANT_A = 'tenants export ext:a';

const PARTIAL_A = exportOf('ten_a')
  .split(/(?<=\n)/)
  .slice(0, 2)
  .join('');

it.each([
  [TENANT_A, PARTIAL_A, 'w', exportOf('ten_a')],
  [TENANT_A, `${PARTIAL_A}{"type":"ev`, 'w', exportOf('ten_a')],
  [TENANT_A, '{"type":"ten', null, exportOf('ten_a')],
  [AUDIT, entry(1), `1:${HASH}`, entry(1) + entry(2)],
  [AUDIT, `${entry(1)}{"type":"aud`, `1:${HASH}`, entry(1) + entry(2)],
])('%s continues a file of its kind', async (command, before, after, whole) => {
  writeFileSync(file, before);
  expect(await run(command)).toMatchObject({ code: 0 });
  expect(exported).toEqual([after]);
  expect(readFileSync(file, 'utf8')).toBe(whole);
});

describe('a file is left as it is, and nothing is requested, if it is', () => {
  it.each([
    ['of another tenant', 'tenants export ext:b', PARTIAL_A, 'is an export of ten_a, not of ten_b'],
    [
      'complete, of another tenant',
      'tenants export ext:b',
      exportOf('ten_a'),
      'is an export of ten_a, not of ten_b',
    ],
    [
      'of a tenant, with a last line of another',
      TENANT_A,
      PARTIAL_A + lineOf('event', 'e', { tenantId: 'ten_b' }),
      'is an export of ten_b, not of ten_a',
    ],
    ['of the audit log', TENANT_A, entry(1), 'is not an export of a tenant'],
    ['of a tenant', AUDIT, PARTIAL_A, 'is not an export of the audit log'],
    ['a recording', TENANT_A, '{"event":"1","headers":{},"body":""}\n', 'is not an export of a tenant'],
    ['text', TENANT_A, 'first line\nnotes which nobody must lose', 'is not an export of a tenant'],
    ['text without a line', AUDIT, 'notes which nobody must lose', 'is not an export of the audit log'],
    [
      'of entries with other hashes',
      AUDIT,
      lineOf('audit_entry', `1:${HASH}`, { number: 1, hash: 'cd' }),
      'audit log',
    ],
    ['incomplete in its first line, of another kind', AUDIT, '{"type":"tenant","cur', 'audit log'],
  ])('%s', async (_case, command, content, reason) => {
    writeFileSync(file, content);
    expect(await run(command)).toMatchObject({ code: 2, stderr: expect.stringContaining(reason) });
    expect(readFileSync(file, 'utf8')).toBe(content);
    expect(exported).toEqual([]);
  });
});

it.each([
  [TENANT_A, PARTIAL_A],
  [AUDIT, entry(1)],
])('%s leaves a file as it is whose position the API refuses', async (command, whole) => {
  refuses = true;
  const content = `${whole}{"type":"aud`;
  writeFileSync(file, content);
  expect(await run(command)).toMatchObject({ code: 1, stderr: expect.stringContaining('another hash') });
  expect(readFileSync(file, 'utf8')).toBe(content);
});
