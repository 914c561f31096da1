import { createConnection } from 'node:net';
import { freePort } from './free-port.js';
import { startKeptServer } from './kept-server.js';
import type { LogFile } from './log-file.js';
import type { PreparedServer } from './postgres.js';
import { findRedisServer } from './redis-binary.js';
import { redisProbes } from './redis-probes.js';

export interface RedisOptions {
  directory: string;
  log: LogFile;
  say: (line: string) => void;
}

export const REDIS_STOP_TIMEOUT_MS = 10_000;

/** Finds a Redis server, if need be installs one, and answers how to start it on a port that stays the same. */
export async function prepareRedis({ directory, log, say }: RedisOptions): Promise<PreparedServer> {
  const file = await findRedisServer(redisProbes(say));
  const port = await freePort();
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: directory,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // The append-only file is the one copy; BullMQ must never lose a key to eviction.
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
      startKeptServer({
        name: 'Redis',
        command,
        output: log.descriptor,
        lastWords: log.lastWords,
        isReady: () => answersPing(port),
      }),
  };
}

/** While it reads its file it answers -LOADING. */
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const answer = (works: boolean) => {
      socket.destroy();
      resolve(works);
    };
    socket.once('data', (data) => answer(data.toString().startsWith('+PONG')));
    socket.once('error', () => answer(false));
    socket.once('close', () => answer(false));
    socket.setTimeout(1000, () => answer(false));
  });
}
