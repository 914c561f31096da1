import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RedisProbes } from './redis-binary.js';
import { aptInstall, isDebian, isRoot, which } from './system-packages.js';

const run = promisify(execFile);

/** The search for Redis on this real machine. */
export function redisProbes(say: (line: string) => void): RedisProbes {
  return {
    which,
    isRoot: isRoot(),
    isDebian: isDebian(),
    aptInstall: installRedis,
    compile: async () => {
      const { RedisBinary } = await import('redis-memory-server');
      return RedisBinary.getPath();
    },
    say,
  };
}

async function installRedis(): Promise<void> {
  await aptInstall('redis-server');
  // The package starts a server of its own, which nobody asked for.
  await run('service', ['redis-server', 'stop']).catch(() => undefined);
  await run('systemctl', ['disable', 'redis-server']).catch(() => undefined);
}
