import { describe, expect, it } from '@jest/globals';
import { readUpFlags } from '../src/up-flags.js';

describe('readUpFlags', () => {
  it('returns the defaults', () => {
    expect(readUpFlags([], {})).toEqual({ port: 8080, workers: 2, dataDir: '.posthorn', processes: 1 });
  });

  it('reads all flags', () => {
    const flags = readUpFlags(['--port', '9000', '--workers=4', '--data', '/srv/posthorn'], {});
    expect(flags).toEqual({ port: 9000, workers: 4, dataDir: '/srv/posthorn', processes: 1 });
  });

  it.each([
    [['--port', 'http'], '--port must be an integer from 1 to 65535, not "http"'],
    [['--port', '70000'], '--port must be'],
    [['--workers', '0'], '--workers must be an integer from 1 to 64, not "0"'],
    [
      ['--prot', '1'],
      "Unknown option '--prot' (available: --port P, --workers N, --data DIR, --role all, --processes N)",
    ],
    [['up'], "Unexpected argument 'up'"],
    [['--role', 'worker'], '--role must be all, not "worker"'],
    [['--role', 'all', '--workers', '2'], '--workers cannot be combined with role all'],
    [
      ['--processes', '2'],
      '--processes requires --role all. Without it, --workers sets the number of workers',
    ],
    [['--role', 'all', '--processes', '0'], '--processes must be an integer from 1 to 64, not "0"'],
    [['--role', 'all', '--processes', '65'], '--processes must be an integer from 1 to 64, not "65"'],
    [['--role', 'all', '--processes', '1.5'], '--processes must be an integer from 1 to 64, not "1.5"'],
    [['--role', 'all', '--processes', 'two'], '--processes must be an integer from 1 to 64, not "two"'],
  ])('rejects %p', (args, message) => {
    expect(() => readUpFlags(args, {})).toThrow(message);
  });

  it('reads the role from the flag, else from POSTHORN_ROLE', () => {
    expect(readUpFlags(['--role', 'all'], {}).role).toBe('all');
    expect(readUpFlags([], { POSTHORN_ROLE: 'all' }).role).toBe('all');
    expect(readUpFlags([], { POSTHORN_ROLE: '' }).role).toBeUndefined();
    expect(() => readUpFlags([], { POSTHORN_ROLE: 'api' })).toThrow('POSTHORN_ROLE must be all, not "api"');
  });

  it('reads the number of processes from the flag, else from POSTHORN_PROCESSES', () => {
    const env = { POSTHORN_ROLE: 'all', POSTHORN_PROCESSES: '3' };
    expect(readUpFlags(['--processes', '2'], env).processes).toBe(2);
    expect(readUpFlags([], env).processes).toBe(3);
    expect(readUpFlags([], { ...env, POSTHORN_PROCESSES: '' }).processes).toBe(1);
    expect(() => readUpFlags([], { ...env, POSTHORN_PROCESSES: '0' })).toThrow(
      'POSTHORN_PROCESSES must be an integer from 1 to 64, not "0"',
    );
  });

  it('rejects --workers when POSTHORN_ROLE is all', () => {
    expect(() => readUpFlags(['--workers', '2'], { POSTHORN_ROLE: 'all' })).toThrow(
      '--workers cannot be combined with role all',
    );
  });
});
