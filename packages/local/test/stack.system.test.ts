import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStack, type Stack } from '../src/index.js';
import { processIdentity } from '../src/process-identity.js';
import { FAKE_STACK } from './fake-stack.js';

describe('startStack', () => {
  let stack: Stack;
  const progress: string[] = [];
  const { POSTHORN_HOST: host } = process.env;
  beforeAll(async () => {
    // An empty variable is unset.
    process.env['POSTHORN_HOST'] = '';
    stack = await startStack({ ...FAKE_STACK, ephemeral: true, onProgress: (line) => progress.push(line) });
  });
  afterAll(async () => {
    if (host === undefined) delete process.env['POSTHORN_HOST'];
    else process.env['POSTHORN_HOST'] = host;
    await stack.stop();
  });

  const runtimeFile = () => path.join(stack.dataDir, 'runtime.json');
  const runtime = () => JSON.parse(readFileSync(runtimeFile(), 'utf8'));

  it('starts everything and writes runtime.json', async () => {
    const roles = stack.processes().map(({ role }) => role);
    expect(roles.toSorted()).toEqual(['api', 'postgres', 'producer', 'redis', 'worker', 'worker']);
    expect(stack.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${stack.apiUrl}/readyz`)).status).toBe(200);
    const { apiUrl, adminKey, databaseUrl, redisUrl, queuePrefix } = stack;
    expect(runtime()).toEqual({
      apiUrl,
      adminKey,
      databaseUrl,
      redisUrl,
      queuePrefix,
      processes: stack.processes(),
    });
  });

  it.each(['runtime.json', 'admin-key', 'encryption-key', 'postgres-password', 'redis-password'])(
    'keeps %s private',
    (file) => {
      expect(statSync(path.join(stack.dataDir, file)).mode & 0o777).toBe(0o600);
    },
  );

  it.each(['worker', 'redis', 'postgres'] as const)('restarts a killed %s', async (role) => {
    const victim = stack.process(role);
    const { pid } = victim;
    const next = victim.nextStart();
    victim.kill('SIGKILL');
    await next;
    expect(victim.pid).not.toBe(pid);
    expect(progress).toContainEqual(expect.stringContaining('exited (SIGKILL): restarting it in 250 ms'));
    expect(runtime().processes).toEqual(stack.processes());
    expect(runtime().processes).toContainEqual({ role, pid: victim.pid });
  });

  it('rejects a port that is in use', async () => {
    const port = Number(new URL(stack.apiUrl).port);
    await expect(startStack({ ...FAKE_STACK, ephemeral: true, port })).rejects.toThrow(
      `port ${port} is in use. Choose another with --port`,
    );
  });

  it('rejects a second start on the same data', async () => {
    const { dataDir } = stack;
    await expect(startStack({ ...FAKE_STACK, dataDir })).rejects.toThrow(`already running in ${dataDir}`);
    expect(existsSync(runtimeFile())).toBe(true);
  });

  it('runs all services in one process that it restarts', async () => {
    const single = await startStack({ ...FAKE_STACK, ephemeral: true, role: 'all' });
    try {
      const roles = () => single.processes().map(({ role }) => role);
      expect(roles().toSorted()).toEqual(['all', 'postgres', 'redis']);
      const next = single.process('all').nextStart();
      single.process('all').kill('SIGKILL');
      await next;
      expect(roles().toSorted()).toEqual(['all', 'postgres', 'redis']);
    } finally {
      await single.stop();
    }
  });

  it('removes everything at stop', async () => {
    const processes = stack.processes();
    await stack.stop();
    expect(processes.map(({ pid }) => processIdentity(pid))).toEqual(processes.map(() => null));
    expect(existsSync(stack.dataDir)).toBe(false);
  });
});
