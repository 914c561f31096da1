import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventSource } from '../src/record/event-source.js';
import { openRecording } from '../src/record/recording-file.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-record-'));
  file = path.join(folder, 'recorded.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a recording', () => {
  it('is created for its owner only, and appended to', async () => {
    for (const line of ['1', '2']) {
      const recording = await openRecording(file);
      await recording.append(line);
      await recording.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('1\n2\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('has whole lines in the order of the calls, and all of them when it is closed', async () => {
    const lines = Array.from({ length: 50 }, (_, index) =>
      JSON.stringify({ n: index, text: 'ü'.repeat(50_000) }),
    );
    const recording = await openRecording(file);
    const appended = lines.map((line) => recording.append(line));
    await recording.close();
    await Promise.all(appended);
    expect(readFileSync(file, 'utf8')).toBe(`${lines.join('\n')}\n`);
  });

  it.each([
    ['a short one', '1\n2\n', '{"a'],
    ['a long one', '1\n', 'x'.repeat(200_000)],
    ['the only one', '', '{"a":1}'],
  ])('loses an incomplete last line: %s', async (_case, whole, incomplete) => {
    writeFileSync(file, whole + incomplete);
    const recording = await openRecording(file);
    expect(recording.removedBytes).toBe(incomplete.length);
    await recording.append('3');
    await recording.close();
    expect(readFileSync(file, 'utf8')).toBe(`${whole}3\n`);
  });
});

describe('the place of the id of an event', () => {
  it.each([
    ['header:X-Id', 'h-1'],
    ['header:x-none', null],
    ['body:/id', 'b-1'],
    ['body:/a~1b/0', '12345678901234567890'],
    ['body:/none', null],
    ['body:/of', null],
  ])('is %s', (place, id) => {
    const body = '{"id":"b-1","a/b":[12345678901234567890],"of":{}}';
    expect(eventSource(place)({ 'x-id': 'h-1' }, body)).toBe(id);
  });

  it('is not found in a body that is not JSON', () => {
    expect(eventSource('body:/id')({}, 'id=1')).toBeNull();
    expect(eventSource('body:/id')({}, '[1]')).toBeNull();
  });

  it.each(['id', 'body:id', 'header:', 'query:id'])('cannot be %j', (place) => {
    expect(() => eventSource(place)).toThrow('Must be header:NAME or body:/POINTER');
  });
});
