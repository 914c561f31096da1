import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RedisProbes } from './redis-binary.js';
import { aptInstall, isDebian, isRoot, which } from './system-packages.js';

const run = promisify(execFile);

/** Returns the probes for the machine that this runs on. */
export function redisProbes(onProgress: (line: string) => void): RedisProbes {
  return {
    which,
    isRoot: isRoot(),
    isDebian: isDebian(),
    aptInstall: installRedis,
    compile: async () => {
      const { RedisBinary } = await import('redis-memory-server');
      return RedisBinary.getPath();
    },
    onProgress,
  };
}

async function installRedis(): Promise<void> {
  await aptInstall('redis-server');
  // The package starts a server by itself.
  await run('service', ['redis-server', 'stop']).catch(() => undefined);
  await run('systemctl', ['disable', 'redis-server']).catch(() => undefined);
}
