import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RedisProbes } from './redis-binary.js';

const run = promisify(execFile);

/** The search for Redis on this real machine. */
export function redisProbes(say: (line: string) => void): RedisProbes {
  return {
    which,
    isRoot: process.getuid?.() === 0,
    isDebian: isDebian() && which('apt-get') !== undefined,
    aptInstall,
    compile: async () => {
      const { RedisBinary } = await import('redis-memory-server');
      return RedisBinary.getPath();
    },
    say,
  };
}

/** /usr/bin may be missing on a service's PATH. */
function which(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'];
  return folders.map((folder) => path.join(folder, program)).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isDebian(): boolean {
  try {
    return /^ID(?:_LIKE)?=.*\b(?:debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

async function aptInstall(): Promise<void> {
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };
  const install = () => run('apt-get', ['install', '-y', '--no-install-recommends', 'redis-server'], options);
  await install().catch(async () => {
    await run('apt-get', ['update'], options);
    await install();
  });
  // The package starts a server of its own, which nobody asked for.
  await run('service', ['redis-server', 'stop']).catch(() => undefined);
  await run('systemctl', ['disable', 'redis-server']).catch(() => undefined);
}
