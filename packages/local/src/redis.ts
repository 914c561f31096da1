import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { freePort } from './free-port.js';
import { startSupervisedServer } from './supervised-server.js';
import type { LogFile } from './log-file.js';
import type { PreparedServer } from './postgres.js';
import { findRedisServer } from './redis-binary.js';
import { redisProbes } from './redis-probes.js';

export interface RedisOptions {
  directory: string;
  password: string;
  log: LogFile;
  onProgress: (line: string) => void;
}

export const REDIS_STOP_TIMEOUT_MS = 10_000;

/** Finds or installs a Redis server. Returns its URL and a function that starts it, on the same port each time. */
export async function prepareRedis(options: RedisOptions): Promise<PreparedServer> {
  const { directory, password, log, onProgress } = options;
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
  // Other users of the machine can read arguments, but not this file.
  const configuration = path.join(directory, 'redis.conf');
  writeFileSync(configuration, `requirepass ${password}\n`, { mode: 0o600 });
  const command = {
    file,
    args: [configuration, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])],
    env: { PATH: process.env['PATH'] ?? '' },
    stopSignal: 'SIGTERM' as const,
    stopTimeoutMs: REDIS_STOP_TIMEOUT_MS,
  };
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    launch: () =>
      startSupervisedServer({
        name: 'Redis',
        command,
        log,
        isReady: () => respondsToPing(port, password),
      }),
  };
}

/** Returns false while Redis loads its file and responds with -LOADING. */
function respondsToPing(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    let replies = '';
    const finish = (isReady: boolean) => {
      socket.destroy();
      resolve(isReady);
    };
    socket.on('data', (data) => {
      replies += data.toString();
      if (replies.split('\r\n').length > 2) finish(replies === '+OK\r\n+PONG\r\n');
    });
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.setTimeout(1000, () => finish(false));
  });
}
