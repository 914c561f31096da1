import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { findRedisServer, redisProbes, which } from '@posthorn/local';

/** Sets how far the clock of Redis is ahead, in milliseconds. */
export type SetRedisClock = (offsetMs: number) => void;

/**
 * Makes stacks that start after it use a Redis whose clock can be set: a script on PATH that loads a library into the server.
 * @returns null on a machine without a C compiler, or whose servers cannot preload a library
 */
export async function makeRedisClockSettable(folder: string): Promise<SetRedisClock | null> {
  const compiler = which('cc');
  if (compiler === undefined || process.platform !== 'linux') return null;
  const source = path.join(import.meta.dirname, '..', 'native', 'shifted-clock.c');
  const library = path.join(folder, 'shifted-clock.so');
  await promisify(execFile)(compiler, ['-shared', '-fPIC', '-o', library, source]);

  const offsetFile = path.join(folder, 'redis-clock');
  const microseconds = new BigInt64Array(1);
  const setClock: SetRedisClock = (offsetMs) => {
    microseconds[0] = BigInt(offsetMs * 1000);
    // Not truncated: the server has mapped it.
    writeFileSync(offsetFile, microseconds, { flag: 'r+' });
  };
  writeFileSync(offsetFile, microseconds);

  const server = await findRedisServer(redisProbes((line) => console.log(line)));
  const bin = path.join(folder, 'bin');
  const script = path.join(bin, path.basename(server));
  mkdirSync(bin);
  writeFileSync(
    script,
    `#!/bin/sh\nSHIFTED_CLOCK_FILE='${offsetFile}' LD_PRELOAD='${library}' exec '${server}' "$@"\n`,
  );
  chmodSync(script, 0o755);
  process.env['PATH'] = `${bin}${path.delimiter}${process.env['PATH'] ?? ''}`;
  return setClock;
}
