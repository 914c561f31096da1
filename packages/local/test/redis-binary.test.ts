import { describe, expect, it } from '@jest/globals';
import { findRedisServer, type RedisProbes } from '../src/redis-binary.js';

/** A machine with nothing, and what each test puts on it. `tried` lists the costly ways that were taken. */
function machine(given: Partial<RedisProbes> & { programs?: string[] } = {}) {
  const tried: string[] = [];
  const programs = given.programs ?? [];
  const probes: RedisProbes = {
    which: (program) => programs.find((file) => file.endsWith(`/${program}`)),
    isRoot: true,
    isDebian: true,
    aptInstall: async () => {
      tried.push('apt');
      programs.push('/usr/bin/redis-server');
    },
    compile: async () => {
      tried.push('compile');
      return '/cache/redis-server';
    },
    say: () => undefined,
    ...given,
  };
  return { probes, tried };
}

describe('findRedisServer', () => {
  it.each([
    ['redis-server on PATH', ['/opt/redis-server', '/opt/valkey-server'], '/opt/redis-server'],
    ['valkey-server on PATH', ['/opt/valkey-server'], '/opt/valkey-server'],
  ])('takes %s', async (_, programs, expected) => {
    const { probes, tried } = machine({ programs });
    expect(await findRedisServer(probes)).toBe(expected);
    expect(tried).toEqual([]);
  });

  it('installs the package as root on Debian', async () => {
    const { probes, tried } = machine();
    expect(await findRedisServer(probes)).toBe('/usr/bin/redis-server');
    expect(tried).toEqual(['apt']);
  });

  it.each([{ isRoot: false }, { isDebian: false }])('compiles one with %p', async (given) => {
    const { probes, tried } = machine(given);
    expect(await findRedisServer(probes)).toBe('/cache/redis-server');
    expect(tried).toEqual(['compile']);
  });

  it('compiles one when the package cannot be installed, and says why', async () => {
    const said: string[] = [];
    const { probes, tried } = machine({
      aptInstall: () => Promise.reject(new Error('E: no network\nmore')),
      say: (line) => said.push(line),
    });
    expect(await findRedisServer(probes)).toBe('/cache/redis-server');
    expect(tried).toEqual(['compile']);
    expect(said).toContain('apt-get could not install redis-server: E: no network');
  });

  it('names the choices when nothing works', async () => {
    const { probes } = machine({ isRoot: false, compile: () => Promise.reject(new Error('no compiler')) });
    await expect(findRedisServer(probes)).rejects.toThrow(/install redis-server.*REDIS_URL.*no compiler/);
  });
});
