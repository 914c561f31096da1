import { createConnection } from 'node:net';
import { freePort } from './free-port.js';
import { startSupervisedServer } from './supervised-server.js';
import type { LogFile } from './log-file.js';
import type { PreparedServer } from './postgres.js';
import { findRedisServer } from './redis-binary.js';
import { redisProbes } from './redis-probes.js';

export interface RedisOptions {
  directory: string;
  log: LogFile;
  onProgress: (line: string) => void;
}

export const REDIS_STOP_TIMEOUT_MS = 10_000;

/** Finds or installs a Redis server. Returns its URL and a function that starts it, on the same port each time. */
export async function prepareRedis({ directory, log, onProgress }: RedisOptions): Promise<PreparedServer> {
  const file = await findRedisServer(redisProbes(onProgress));
  const port = await freePort();
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // The append-only file is the only copy. BullMQ must never lose a key to eviction.
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const command = {
    file,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    env: { PATH: process.env['PATH'] ?? '' },
    stopSignal: 'SIGTERM' as const,
    stopTimeoutMs: REDIS_STOP_TIMEOUT_MS,
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    launch: () =>
      startSupervisedServer({
        name: 'Redis',
        command,
        log,
        isReady: () => respondsToPing(port),
      }),
  };
}

/** Returns false while Redis loads its file and responds with -LOADING. */
function respondsToPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const finish = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.once('data', (data) => finish(data.toString().startsWith('+PONG')));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.setTimeout(1000, () => finish(false));
  });
}
