import { hasPostgresUser } from './postgres-account.js';
import { isDebian, isRoot, which } from './system-packages.js';

/** What a start needs to know about a machine to predict how it will change it. */
interface Machine {
  isRoot: boolean;
  isDebian: boolean;
  hasRedisServer: boolean;
  hasPostgresUser: boolean;
}

/** Returns how a start will change this machine outside the data folder, one line per change. */
export async function machineChanges(env: NodeJS.ProcessEnv): Promise<string[]> {
  const machine = {
    isRoot: isRoot(),
    isDebian: isDebian(),
    hasRedisServer: (which('redis-server') ?? which('valkey-server')) !== undefined,
    hasPostgresUser: await hasPostgresUser(),
  };
  return changesOf(machine, env);
}

export function changesOf(machine: Machine, env: NodeJS.ProcessEnv): string[] {
  const changes = [];
  if (!env['REDIS_URL'] && !machine.hasRedisServer)
    changes.push(
      machine.isRoot && machine.isDebian
        ? 'will install the package redis-server with apt-get (to avoid it: set REDIS_URL, or install valkey-server)'
        : 'will compile a Redis server, which takes a few minutes (to avoid it: set REDIS_URL, or install redis-server)',
    );
  if (!env['DATABASE_URL'] && machine.isRoot && !machine.hasPostgresUser)
    changes.push(
      'running as root, will create the system user "postgres" (to avoid it: set DATABASE_URL, or run as another user)',
    );
  return changes;
}
