import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openResumable } from '../src/files/resumable-file.js';
import { RECORDING } from '../src/record/recording-file.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-record-'));
  file = path.join(folder, 'recorded.ndjson');
});
afterEach(() => rmSync(folder, { recursive: true }));

const lineOf = (event: string, body = '') => `${JSON.stringify({ event, headers: {}, body })}\n`;

const open = () => openResumable(file, RECORDING, 'continue');

describe('a file that is continued', () => {
  it('is created for its owner only, and appended to', async () => {
    for (const event of ['1', '2']) {
      const recording = await open();
      expect(recording.lines?.last.event).toBe(event === '1' ? undefined : '1');
      expect(await recording.begin()).toBe(0);
      await recording.append(lineOf(event));
      await recording.close();
    }
    expect(readFileSync(file, 'utf8')).toBe(lineOf('1') + lineOf('2'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('has whole lines in the order of the calls, and all of them when it is closed', async () => {
    const lines = Array.from({ length: 50 }, (_, index) => lineOf(String(index), 'ü'.repeat(50_000)));
    const recording = await open();
    await recording.begin();
    const appended = lines.map((line) => recording.append(line));
    await recording.close();
    await Promise.all(appended);
    expect(readFileSync(file, 'utf8')).toBe(lines.join(''));
  });

  it.each([
    ['a short one', lineOf('1') + lineOf('2'), '{"ev'],
    ['a long one', lineOf('1'), lineOf('2', 'x'.repeat(200_000)).slice(0, -5)],
    ['the only one', '', '{"event":"1"'],
  ])('loses an incomplete last line when it is written to, not before: %s', async (_, whole, incomplete) => {
    writeFileSync(file, whole + incomplete);
    const recording = await open();
    expect(readFileSync(file, 'utf8')).toBe(whole + incomplete);
    expect(await recording.begin()).toBe(incomplete.length);
    await recording.append(lineOf('3'));
    await recording.close();
    expect(readFileSync(file, 'utf8')).toBe(whole + lineOf('3'));
  });

  it('keeps a last line that has only no line break', async () => {
    for (const before of ['', lineOf('0', 'x'.repeat(70_000))]) {
      writeFileSync(file, before + lineOf('1').trimEnd());
      const recording = await open();
      expect(recording.lines).toMatchObject({ first: { event: before ? '0' : '1' }, last: { event: '1' } });
      expect(await recording.begin()).toBe(0);
      await recording.append(lineOf('2'));
      await recording.close();
      expect(readFileSync(file, 'utf8')).toBe(before + lineOf('1') + lineOf('2'));
    }
  });

  it.each([
    ['text without a line break', 'my notes of today, which nobody must lose'],
    ['text with an incomplete last line', 'a line\nnotes of today which nobody must lose'],
    ['lines of another kind', '{"type":"tenant","cursor":"x","data":{}}\n'],
    ['lines of another kind behind one of this kind', `${lineOf('1')}{"type":"tenant"}\n`],
    ['lines of this kind behind one of another', `{"type":"tenant"}\n${lineOf('1')}`],
    ['other text behind a line of this kind', `${lineOf('1')}notes`],
    ['other JSON behind a line of this kind', `${lineOf('1')}{"id":1}`],
    ['an empty line', '\n'],
    ['bytes that are no text', Buffer.from([0, 159, 146, 150])],
  ])('of another kind is left as it is: %s', async (_case, content) => {
    writeFileSync(file, content);
    await expect(open()).rejects.toThrow(`${file} is not a recording. It was left as it is.`);
    expect(readFileSync(file)).toEqual(Buffer.from(content));
  });

  it('is refused if it should not exist', async () => {
    writeFileSync(file, lineOf('1'));
    await expect(openResumable(file, RECORDING, 'refuse')).rejects.toThrow('already exists');
    expect(readFileSync(file, 'utf8')).toBe(lineOf('1'));
  });
});
