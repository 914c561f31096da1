import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { migrate } from '@posthorn/database/server';
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

it('protects Redis by a password, also in a folder of a version that had none', async () => {
  const options = { ...FAKE_STACK, dataDir: data.folder, services: false };
  const first = await startStack(options);
  expect(await redis(first.redisUrl, 'SET kept yes')).toBe('+OK\r\n');
  await first.stop();
  rmSync(path.join(data.folder, 'redis-password'));

  const second = await startStack(options);
  expect(await redis(second.redisUrl, 'GET kept')).toBe('$3\r\nyes\r\n');
  const { port, password } = new URL(second.redisUrl);
  expect(password).not.toBe('');
  expect(await redis(`redis://127.0.0.1:${port}`, 'GET kept')).toMatch(/^-NOAUTH /);
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args']);
  expect(stdout).toContain(`127.0.0.1:${port}`);
  expect(stdout).not.toContain(password);
  await second.stop();
});

/** Sends one inline command and returns the raw reply. */
async function redis(url: string, command: string): Promise<string> {
  const { port, password } = new URL(url);
  const socket = createConnection(Number(port), '127.0.0.1');
  if (password !== '') {
    socket.write(`AUTH ${password}\r\n`);
    expect(String((await once(socket, 'data'))[0])).toBe('+OK\r\n');
  }
  socket.write(`${command}\r\n`);
  const [reply] = await once(socket, 'data');
  socket.destroy();
  return String(reply);
}
