import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readRecordings, type Recording } from '../src/compare/read-recordings.js';
import { type Running, start } from './fixtures/command-line.js';

jest.setTimeout(120_000);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-record-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function recording(file: string, ...options: string[]): Promise<{ running: Running; url: string }> {
  const running = start(['record', file, ...options, '--json'], { cwd: folder });
  const { url } = JSON.parse(await running.waitFor('"kind":"listening"'));
  return { running, url };
}

const post = (url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers });

const statusOf = async (response: Promise<Response>): Promise<number> => (await response).status;

async function readAll(file: string): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for await (const each of readRecordings(path.join(folder, file))) recordings.push(each);
  return recordings;
}

const longBody = (id: string) => JSON.stringify({ id, text: 'ü'.repeat(5000) });

describe('posthorn record', () => {
  it('records what another system sends, as posthorn compare reads it', async () => {
    const file = 'outpost.ndjson';
    const { running, url } = await recording(
      file,
      '--event',
      'header:X-Outpost-Event-Id',
      '--tenant',
      'ext:a',
    );
    const body = '{"amount":150,"tags":["Zürich 😀"],"big":12345678901234567890}';
    const headers = {
      'content-type': 'application/json',
      'x-outpost-event-id': 'op-1-acme-0',
      'x-outpost-signature': 'v0=d9c4',
    };
    expect(await statusOf(post(`${url}ext:acme/ext%3Ades_hdr?a=1`, body, headers))).toBe(200);
    expect(await statusOf(post(`${url}wh_1`, body, headers))).toBe(200);
    expect(await statusOf(post(url, body, headers))).toBe(200);
    const request = { event: 'op-1-acme-0', headers, body };
    expect(await readAll(file)).toMatchObject([
      { ...request, tenant: 'ext:acme', webhook: 'ext:des_hdr' },
      { ...request, tenant: 'ext:a', webhook: 'wh_1' },
      { ...request, tenant: 'ext:a' },
    ]);
    running.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(stdout).toContain('{"kind":"stopped","recorded":3,"refused":0}');
  });

  it('refuses requests that it cannot record, with the reason', async () => {
    const { running, url } = await recording('refused.ndjson');
    expect(await statusOf(fetch(url))).toBe(405);
    expect(await statusOf(post(url, 'a=1'))).toBe(422);
    expect(await statusOf(post(url, '{"id":""}'))).toBe(422);
    expect(await statusOf(post(url, '{"id":"a"}', { 'x-long': 'x'.repeat(9000) }))).toBe(422);
    expect(await statusOf(post(`${url}a/b/c`, '{"id":"a"}'))).toBe(422);
    expect(await statusOf(post(`${url}ext:%zz`, '{"id":"a"}'))).toBe(422);
    const notUtf8 = await post(url, new Uint8Array([...Buffer.from('{"id":"'), 0xff, ...Buffer.from('"}')]));
    expect([notUtf8.status, await notUtf8.text()]).toEqual([422, expect.stringContaining('not UTF-8')]);
    expect(await statusOf(post(url, JSON.stringify({ id: 'x'.repeat(2 ** 20) })))).toBe(413);
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('see --event') });
    expect(readFileSync(path.join(folder, 'refused.ndjson'), 'utf8')).toBe('');
  });

  it('records requests that arrive together, and shows its progress', async () => {
    const { running, url } = await recording('many.ndjson', '--webhook', 'ext:hook');
    const ids = Array.from({ length: 100 }, (_, index) => `in_${index}`);
    const statuses = await Promise.all(ids.map((id) => statusOf(post(url, longBody(id)))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await running.waitFor('100 recorded')).toBe('100 recorded, 0 refused');
    running.kill('SIGINT');
    await running.ended;
    const recorded = await readAll('many.ndjson');
    expect(recorded.map(({ event }) => event).toSorted()).toEqual(ids.toSorted());
  });
});
