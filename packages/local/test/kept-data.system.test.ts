import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { migrate } from '@posthorn/database';
import { startStack } from '../src/index.js';
import { FAKE_STACK, temporaryFolder } from './fake-stack.js';

let data: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  data = temporaryFolder();
});
afterEach(() => data.remove());

it('keeps the database, queues and keys across restarts', async () => {
  const options = { ...FAKE_STACK, dataDir: data.folder, services: false };
  const first = await startStack(options);
  expect((await migrate(first.databaseUrl)).applied).not.toEqual([]);
  expect(await redis(first.redisUrl, 'SET kept yes')).toBe('+OK\r\n');
  await first.stop();

  const second = await startStack(options);
  expect(second.adminKey).toBe(first.adminKey);
  expect((await migrate(second.databaseUrl)).applied).toEqual([]);
  expect(await redis(second.redisUrl, 'GET kept')).toBe('$3\r\nyes\r\n');
  await second.stop();
});

/** Sends one inline command and returns the raw reply. */
async function redis(url: string, command: string): Promise<string> {
  const socket = createConnection(Number(new URL(url).port), '127.0.0.1');
  socket.write(`${command}\r\n`);
  const [reply] = await once(socket, 'data');
  socket.destroy();
  return String(reply);
}
