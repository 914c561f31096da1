import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startStack } from '../src/index.js';
import { freePort } from '../src/free-port.js';
import { FAKE_STACK, temporaryFolder } from './fake-stack.js';

describe('a failed start', () => {
  let data: ReturnType<typeof temporaryFolder>;
  const before = { ...process.env };
  beforeEach(() => {
    data = temporaryFolder();
  });
  afterEach(() => {
    process.env = { ...before };
    data.remove();
  });

  it('reports the last log line of the service and stops everything', async () => {
    const env = { FAKE_FAIL: 'the configuration is wrong' };
    await expect(startStack({ ...FAKE_STACK, dataDir: data.folder, env })).rejects.toThrow(
      /^(api|producer|worker) \d could not start \(exit code 1\): posthorn fake: the configuration is wrong$/,
    );
    expect(existsSync(`${data.folder}/runtime.json`)).toBe(false);
    expect(existsSync(`${data.folder}/supervisor.json`)).toBe(false);
    expect(existsSync(`${data.folder}/postgres/postmaster.pid`)).toBe(false);
  });

  it('stops everything when it cannot record the processes', async () => {
    mkdirSync(`${data.folder}/supervisor.json.next`, { recursive: true });
    chmodSync(data.folder, 0o711);
    await expect(startStack({ ...FAKE_STACK, dataDir: data.folder })).rejects.toThrow('EISDIR');
    expect(existsSync(`${data.folder}/supervisor.json`)).toBe(false);
    expect(existsSync(`${data.folder}/postgres/postmaster.pid`)).toBe(false);
  });

  it('stops the running processes when it is aborted', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const starting = startStack({ ...FAKE_STACK, ephemeral: true, signal });
    controller.abort();
    await expect(starting).rejects.toThrow('stopped while starting');
  });

  it.each([
    ['DATABASE_URL', 'postgresql'],
    ['REDIS_URL', 'redis'],
  ])('reports an unreachable server in %s at once', async (variable, protocol) => {
    const port = await freePort();
    process.env['DATABASE_URL'] = before['TEST_DATABASE_URL'];
    process.env['REDIS_URL'] = before['TEST_REDIS_URL'];
    process.env[variable] = `${protocol}://127.0.0.1:${port}/x`;
    await expect(startStack({ dataDir: data.folder, services: false })).rejects.toThrow(
      `cannot connect to ${variable} at 127.0.0.1:${port}: ECONNREFUSED`,
    );
  });

  it('starts no servers when the environment names both', async () => {
    process.env['DATABASE_URL'] = before['TEST_DATABASE_URL'];
    process.env['REDIS_URL'] = before['TEST_REDIS_URL'];
    const stack = await startStack({ dataDir: data.folder, services: false });
    expect(stack.processes()).toEqual([]);
    expect(stack.databaseUrl).toBe(before['TEST_DATABASE_URL']);
    await stack.stop();
  });

  it('treats an empty variable as unset', async () => {
    process.env['DATABASE_URL'] = before['TEST_DATABASE_URL'];
    process.env['REDIS_URL'] = before['TEST_REDIS_URL'];
    for (const name of ['ADMIN_KEY', 'ENCRYPTION_KEY', 'QUEUE_PREFIX']) process.env[`POSTHORN_${name}`] = '';
    const stack = await startStack({ dataDir: data.folder, services: false });
    expect(stack).toMatchObject({ adminKey: expect.stringMatching(/^phk_/), queuePrefix: 'posthorn' });
    expect(existsSync(`${data.folder}/encryption-key`)).toBe(true);
    await stack.stop();
  });
});
