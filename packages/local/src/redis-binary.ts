import { StartError } from './start-error.js';

/** The ways to find a Redis server on this machine. */
export interface RedisProbes {
  /** Returns the path of a program on PATH, if it exists. */
  which: (program: string) => string | undefined;
  isRoot: boolean;
  isDebian: boolean;
  /** Installs the system package; rejects when that fails. */
  aptInstall: () => Promise<void>;
  /** Compiles a server, or returns the one compiled earlier; rejects when that fails. */
  compile: () => Promise<string>;
  onProgress: (line: string) => void;
}

/** Finds, installs or compiles a Redis server, in this order, because no npm package contains one. Returns its path. */
export async function findRedisServer(probes: RedisProbes): Promise<string> {
  const found = onPath(probes);
  if (found) return found;
  if (probes.isRoot && probes.isDebian) {
    probes.onProgress('redis-server not found: installing it with apt-get');
    try {
      await probes.aptInstall();
      const installed = onPath(probes);
      if (installed) return installed;
    } catch (error) {
      probes.onProgress(`apt-get could not install redis-server: ${firstLine(error)}`);
    }
  }
  probes.onProgress('redis-server not found: compiling it, which takes a few minutes');
  try {
    return await probes.compile();
  } catch (error) {
    throw new StartError(
      'Redis not found. Install redis-server or valkey-server, or set REDIS_URL to a running server ' +
        `(compiling failed: ${firstLine(error)})`,
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
