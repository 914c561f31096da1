import { describe, expect, it } from '@jest/globals';
import { readUpFlags } from '../src/up-flags.js';

describe('readUpFlags', () => {
  it('returns the defaults', () => {
    expect(readUpFlags([])).toEqual({ port: 8080, workers: 2, dataDir: '.posthorn' });
  });

  it('reads all flags', () => {
    const flags = readUpFlags(['--port', '9000', '--workers=4', '--data', '/srv/posthorn']);
    expect(flags).toEqual({ port: 9000, workers: 4, dataDir: '/srv/posthorn' });
  });

  it.each([
    [['--port', 'http'], '--port must be an integer from 1 to 65535, not "http"'],
    [['--port', '70000'], '--port must be'],
    [['--workers', '0'], '--workers must be an integer from 1 to 64, not "0"'],
    [['--prot', '1'], "Unknown option '--prot' (available: --port P, --workers N, --data DIR)"],
    [['up'], "Unexpected argument 'up'"],
  ])('rejects %p', (args, message) => {
    expect(() => readUpFlags(args)).toThrow(message);
  });
});
