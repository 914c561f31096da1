import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { requiredVariable } from './required-variable.js';

/** A Redis of one test. */
export interface OwnRedis {
  redisUrl: string;
  redis: Redis;
  stop(): Promise<void>;
}

/**
 * Starts a Redis without persistence that no other test uses, from the program of the shared one.
 * @param settings alternating names and values, such as `--maxmemory`, `8mb`
 */
export async function startOwnRedis(...settings: string[]): Promise<OwnRedis> {
  const port = await freePort();
  const program = await programOf(requiredVariable('TEST_REDIS_URL'));
  const server = spawn(
    program,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...settings],
    { stdio: 'ignore' },
  );
  const redis = new Redis(port, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => {});
  await redis.ping();
  return {
    redisUrl: `redis://127.0.0.1:${port}`,
    redis,
    async stop() {
      redis.disconnect();
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    },
  };
}

async function programOf(redisUrl: string): Promise<string> {
  const redis = new Redis(redisUrl);
  const info = await redis.info('server');
  redis.disconnect();
  return /^executable:(?<path>.+?)\r?$/m.exec(info)?.groups?.['path'] ?? 'redis-server';
}
