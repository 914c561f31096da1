import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rotateFiles } from '@posthorn/runtime/rotating-file';
import { openLogFile } from '../src/log-file.js';
import { startService } from '../src/service.js';
import { startSupervisedServer } from '../src/supervised-server.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'posthorn-local-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Returns the content of the files of a log, oldest first. */
const contents = (name: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${name}.log`))
    .toSorted()
    .toReversed()
    .map((file) => readFileSync(path.join(folder, file), 'utf8'));

describe('the log of a server', () => {
  it('is rotated while the server runs: the last 50 MB are kept, without a gap', async () => {
    const lines = 640_000;
    const script = `
      const { once } = require('node:events');
      (async () => {
        for (let n = 0; n < ${lines}; n += 1000) {
          const text = Array.from({ length: 1000 }, (_, index) => String(n + index).padStart(99, '.') + '\\n').join('');
          if (!process.stdout.write(text)) await once(process.stdout, 'drain');
        }
      })();`;
    const server = startSupervisedServer({
      name: 'a server',
      command: {
        file: process.execPath,
        args: ['-e', script],
        env: {},
        stopSignal: 'SIGTERM',
        stopTimeoutMs: 1000,
      },
      log: openLogFile(folder, 'server'),
      isReady: () => Promise.resolve(true),
    });
    expect(await server.exited).toBe('exit code 0');
    const files = contents('server');
    expect(files.length).toBe(5);
    for (const file of readdirSync(folder))
      expect(statSync(path.join(folder, file)).size).toBeLessThan(10_100_000);
    const numbers = files
      .flatMap((file) => file.split('\n').slice(0, -1))
      .map((line) => Number(line.replaceAll('.', '')));
    expect(numbers.at(-1)).toBe(lines - 1);
    expect(numbers.length).toBeGreaterThanOrEqual(400_000);
    expect(numbers.every((number, index) => number === (numbers[0] ?? 0) + index)).toBe(true);
  });
});

describe('the log of a service', () => {
  it('gets what the service prints beside its log, in the file that is current', async () => {
    const entry = path.join(folder, 'service.mjs');
    appendFileSync(
      entry,
      `process.on('SIGTERM', () => { process.stderr.write('out of memory\\n'); process.exit(1); });
       setInterval(() => {}, 60_000);
       process.send({ type: 'ready' });`,
    );
    const log = openLogFile(folder, 'service');
    const service = startService({ name: 'a service', entry, env: {}, log });
    await service.ready;
    log.append(Buffer.from('rotated\n'));
    rotateFiles(log.path);
    service.terminate();
    expect(await service.exited).toBe('exit code 1');
    expect(contents('service')).toEqual(['rotated\n', 'out of memory\n']);
  });

  it('explains a start that failed', async () => {
    const entry = path.join(folder, 'service.mjs');
    appendFileSync(entry, `process.stderr.write('posthorn: port is in use\\n'); process.exit(1);`);
    const service = startService({ name: 'a service', entry, env: {}, log: openLogFile(folder, 'service') });
    await expect(service.ready).rejects.toThrow('could not start (exit code 1): posthorn: port is in use');
  });
});
