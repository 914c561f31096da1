// Reads keys in another process, which some of them would end.
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { HOSTILE_KEYS, KEY_AT_INFINITY } from '@posthorn/testkit/hostile-keys';
import { mutatedKeys } from './mutated-keys.js';

const READER = path.join(import.meta.dirname, 'fixtures/read-keys.mjs');
const MAX_CPU_MS = 20;

interface Reading {
  isRead: boolean;
  /** Of the fastest of some repetitions. */
  cpuMs: number;
}

let reader: ChildProcess | undefined;
afterAll(() => {
  reader?.kill();
});

/** Reads keys. Rejects if the process ends at one. */
async function readKeys(texts: readonly string[]): Promise<Reading[]> {
  if (reader?.connected !== true)
    reader = fork(READER, {
      execArgv: ['--conditions=@posthorn/source'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  const child = reader;
  return new Promise((resolve, reject) => {
    const end = (code: number | null, signal: string | null) =>
      reject(new Error(`The process has ended: ${code ?? signal}`));
    child.once('exit', end);
    child.once('message', (readings) => {
      child.off('exit', end);
      resolve(readings as Reading[]);
    });
    child.send(texts);
  });
}

describe('a hostile private key', () => {
  it.each(Object.entries(HOSTILE_KEYS))('is refused at once: %s', async (_name, text) => {
    const [reading] = await readKeys([text]);
    expect(reading).toEqual({ isRead: false, cpuMs: expect.any(Number) });
    expect(reading?.cpuMs).toBeLessThan(MAX_CPU_MS);
  });
});

describe('a private key whose public point is at infinity', () => {
  it('is read without that point', async () => {
    expect(await readKeys([KEY_AT_INFINITY])).toMatchObject([{ isRead: true }]);
  });
});

describe('10,000 mutated private keys', () => {
  it('end no process, and none takes more than 20 ms', async () => {
    const texts = mutatedKeys(10_000);
    const readings = await readKeys(texts);
    expect(readings.length).toBe(texts.length);
    const slow = texts.filter((_text, index) => (readings[index]?.cpuMs ?? Infinity) > MAX_CPU_MS);
    expect(slow).toEqual([]);
    // Some are still keys, so that the test reads them to the end.
    expect(readings.filter(({ isRead }) => isRead).length).toBeGreaterThan(100);
  });
});
