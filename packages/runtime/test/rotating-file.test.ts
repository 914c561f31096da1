import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../src/index.js';
import { rotateFiles, RotatingFile } from '../src/rotating-file.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-log-'));
  file = path.join(folder, 'a.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The files, oldest first. */
const files = () => readdirSync(folder).toSorted().toReversed();
const contentOf = (name: string) => readFileSync(path.join(folder, name), 'utf8');

const LIMITS = { maxBytes: 1000, maxFiles: 3 };
const line = (number: number) => `line ${String(number).padStart(4, '0')} ${'x'.repeat(39)}\n`;

describe('RotatingFile', () => {
  it('keeps the last files, each with whole lines', () => {
    const log = new RotatingFile(file, LIMITS);
    for (let number = 0; number < 100; number += 1) log.write(Buffer.from(line(number)));
    expect(files()).toEqual(['a.log.2', 'a.log.1', 'a.log']);
    // 20 lines a file: 80 lines in four full files, of which two are kept, and the current one.
    const kept = Array.from({ length: 100 }, (_, number) => line(number))
      .slice(60)
      .join('');
    expect(files().map(contentOf).join('')).toBe(kept);
    for (const name of files()) expect(statSync(path.join(folder, name)).size).toBeLessThanOrEqual(1000);
  });

  it('splits no line that arrives in pieces', () => {
    const log = new RotatingFile(file, { maxBytes: 100, maxFiles: 50 });
    const text = Array.from({ length: 100 }, (_, number) => line(number)).join('');
    for (let from = 0; from < text.length; from += 77) log.write(Buffer.from(text.slice(from, from + 77)));
    const contents = files()
      .toSorted((a, b) => Number(b.split('.')[2] ?? 0) - Number(a.split('.')[2] ?? 0))
      .map(contentOf);
    expect(contents.join('')).toBe(text);
    for (const content of contents.filter(Boolean)) expect(content).toMatch(/^line .*\n$/s);
    expect(contents.length).toBeGreaterThan(10);
  });

  it('continues a file that exists, and counts what it contains', () => {
    new RotatingFile(file, LIMITS).write(Buffer.from(line(1).repeat(19)));
    const log = new RotatingFile(file, LIMITS);
    log.write(Buffer.from(line(2)));
    log.write(Buffer.from(line(3)));
    expect(contentOf('a.log.1')).toBe(line(1).repeat(19) + line(2));
    expect(contentOf('a.log')).toBe(line(3));
  });
});

describe('rotateFiles', () => {
  it('does nothing without a file', () => {
    rotateFiles(file);
    expect(files()).toEqual([]);
  });
});

describe('createLogger', () => {
  it('has written a line to its file when the call returns', () => {
    const logger = createLogger({ service: 'test', level: 'info', file });
    logger.info('the last words');
    expect(contentOf('a.log')).toMatch(/^\{.*"message":"the last words".*\}\n$/);
  });
});
