import { describe, expect, it } from '@jest/globals';
import { findRedisServer, type RedisProbes } from '../src/redis-binary.js';

/** Returns the probes of a machine with only the `given` programs. `steps` lists the expensive steps. */
function machine(given: Partial<RedisProbes> & { programs?: string[] } = {}) {
  const steps: string[] = [];
  const programs = given.programs ?? [];
  const probes: RedisProbes = {
    which: (program) => programs.find((file) => file.endsWith(`/${program}`)),
    isRoot: true,
    isDebian: true,
    aptInstall: async () => {
      steps.push('apt');
      programs.push('/usr/bin/redis-server');
    },
    compile: async () => {
      steps.push('compile');
      return '/cache/redis-server';
    },
    onProgress: () => undefined,
    ...given,
  };
  return { probes, steps };
}

describe('findRedisServer', () => {
  it.each([
    ['redis-server on PATH', ['/opt/redis-server', '/opt/valkey-server'], '/opt/redis-server'],
    ['valkey-server on PATH', ['/opt/valkey-server'], '/opt/valkey-server'],
  ])('uses %s', async (_, programs, expected) => {
    const { probes, steps } = machine({ programs });
    expect(await findRedisServer(probes)).toBe(expected);
    expect(steps).toEqual([]);
  });

  it('installs the package as root on Debian', async () => {
    const { probes, steps } = machine();
    expect(await findRedisServer(probes)).toBe('/usr/bin/redis-server');
    expect(steps).toEqual(['apt']);
  });

  it.each([{ isRoot: false }, { isDebian: false }])('compiles a server with %p', async (given) => {
    const { probes, steps } = machine(given);
    expect(await findRedisServer(probes)).toBe('/cache/redis-server');
    expect(steps).toEqual(['compile']);
  });

  it('compiles a server when the installation fails, and reports the reason', async () => {
    const progress: string[] = [];
    const { probes, steps } = machine({
      aptInstall: () => Promise.reject(new Error('E: no network\nmore')),
      onProgress: (line) => progress.push(line),
    });
    expect(await findRedisServer(probes)).toBe('/cache/redis-server');
    expect(steps).toEqual(['compile']);
    expect(progress).toContain('apt-get could not install redis-server: E: no network');
  });

  it('lists the alternatives when everything fails', async () => {
    const { probes } = machine({ isRoot: false, compile: () => Promise.reject(new Error('no compiler')) });
    await expect(findRedisServer(probes)).rejects.toThrow(/Install redis-server.*REDIS_URL.*no compiler/);
  });
});
