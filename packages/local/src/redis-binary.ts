import { StartError } from './start-error.js';

/** What the search for a Redis server may try on this machine. */
export interface RedisProbes {
  /** The path of a program on PATH, if it is there. */
  which: (program: string) => string | undefined;
  isRoot: boolean;
  isDebian: boolean;
  /** Installs the system's package; rejects when that fails. */
  aptInstall: () => Promise<void>;
  /** Compiles a server, or answers the one compiled earlier; rejects when that fails. */
  compile: () => Promise<string>;
  say: (line: string) => void;
}

/** No npm package ships a Redis server, so it is found, installed or compiled, in this order. */
export async function findRedisServer(probes: RedisProbes): Promise<string> {
  const found = onPath(probes);
  if (found) return found;
  if (probes.isRoot && probes.isDebian) {
    probes.say('no redis-server here: installing it with apt-get');
    try {
      await probes.aptInstall();
      const installed = onPath(probes);
      if (installed) return installed;
    } catch (error) {
      probes.say(`apt-get could not install redis-server: ${firstLine(error)}`);
    }
  }
  probes.say('no redis-server here: compiling one, which takes some minutes');
  try {
    return await probes.compile();
  } catch (error) {
    throw new StartError(
      'no Redis: install redis-server or valkey-server, or set REDIS_URL to one that runs ' +
        `(compiling one failed: ${firstLine(error)})`,
      { cause: error },
    );
  }
}

function onPath({ which }: RedisProbes): string | undefined {
  return which('redis-server') ?? which('valkey-server');
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
