// What the CLI prints contains no secrets of its input, and no control characters of texts that others chose.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runHere } from './fixtures/command-line.js';

const SECRET = 'my-secret-4711';

/** Clears the screen, sets the title, hides text, moves up; in seven and eight bits. */
const HOSTILE = '\u001b[2J\u001b]0;title\u0007\u001b[8m\u009b1A\rx\u007f';

let folder: string;
let server: Server;
let flags: string[];
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-output-'));
  server = createServer((request, response) => {
    response.setHeader('content-type', 'application/problem+json');
    const problem = {
      type: 'about:blank',
      title: HOSTILE,
      status: 422,
      code: 'invalid_input',
      detail: HOSTILE,
    };
    response.statusCode = request.url?.startsWith('/v1/webhooks') ? 422 : 200;
    if (response.statusCode === 422) return response.end(JSON.stringify(problem));
    response.setHeader('content-type', 'application/json');
    const tenant = { id: 'ten_1', name: HOSTILE, externalId: HOSTILE };
    return response.end(JSON.stringify({ data: [tenant], nextCursor: null, ...tenant }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  flags = ['--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`, '--api-key', 'phk_1'];
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

function fileWith(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('a secret', () => {
  it.each([
    ['a header', ['webhooks', 'create', 'https://a.example', '--events', 'a', '--header', SECRET]],
    [
      'headers in JSON',
      ['webhooks', 'create', 'https://a.example', '--events', 'a', '--metadata', `{"a": ${SECRET}}`],
    ],
    [
      'an option that is misspelt',
      ['webhooks', 'create', 'https://a.example', '--events', 'a', `--secrett=${SECRET}`],
    ],
    [
      'a file that does not exist',
      ['webhooks', 'create', 'https://a.example', '--events', 'a', '--secret', `@${SECRET}`],
    ],
    ['a key in place of a URL', ['webhooks', 'list', '--url', SECRET]],
    [
      'a URL with a password',
      ['webhooks', 'list', '--url', `http://user:${SECRET}@127.0.0.1:1`, '--api-key', 'k'],
    ],
  ])('is not echoed: %s', async (_case, args) => {
    const { code, stdout, stderr } = await runHere([...(args.includes('--url') ? [] : flags), ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^(?:posthorn|error): \S/);
    expect(stdout + stderr).not.toContain(SECRET);
  });

  it.each([
    ['broken.yaml', `webhooks:\n  - secret: "${SECRET}\n`, ['apply']],
    ['alias.yaml', `secret: *${SECRET}\n`, ['apply']],
    [
      'broken.csv',
      `externalId,url,eventTypes,secret\na,https://a.example,b,${SECRET}"x\n`,
      ['import', 'csv'],
    ],
    [
      'no-header.csv',
      `a,https://a.example,b,${SECRET}\nb,https://b.example,b,${SECRET}\n`,
      ['import', 'csv'],
    ],
    ['broken.ndjson', `{"kind": "webhook", "secret": ${SECRET}}\n`, ['import', 'ndjson']],
  ])('is not echoed from a file that cannot be parsed: %s', async (name, text, args) => {
    const { code, stdout, stderr } = await runHere([...flags, ...args, fileWith(name, text)]);
    expect(code).toBe(2);
    expect(stderr).toContain(name);
    expect(stdout + stderr).not.toContain(SECRET);
  });
});

describe('a control character', () => {
  // All but line feeds and the colors that the CLI itself prints.
  // oxlint-disable-next-line no-control-regex -- colors begin with one
  const RAW = /(?!\n|\u001b\[(?:1|2|22|3[1-69])m)[\p{Cc}]/u;

  it.each([
    ['an error of the API', ['webhooks', 'list']],
    ['an error of the API as JSON', ['webhooks', 'list', '--json']],
    ['a table', ['tenants', 'list']],
    ['JSON', ['tenants', 'list', '--json']],
    ['an argument', [`webhook${HOSTILE}`]],
  ])('is escaped in %s', async (_case, args) => {
    const { stdout, stderr } = await runHere([...flags, ...args]);
    expect(stdout + stderr).toContain('\\u001b[2J');
    expect(stdout + stderr).toContain('\\u009b');
    expect(stdout + stderr).not.toMatch(RAW);
  });

  it('is kept in JSON as an escape', async () => {
    const { stdout } = await runHere([...flags, 'tenants', 'list', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([{ name: HOSTILE }]);
  });
});
