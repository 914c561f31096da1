import { describe, expect, it } from '@jest/globals';
import { readUpFlags } from '../src/up-flags.js';

describe('readUpFlags', () => {
  it('has defaults', () => {
    expect(readUpFlags([])).toEqual({ port: 8080, workers: 2, dataDir: '.posthorn' });
  });

  it('reads all flags', () => {
    const flags = readUpFlags(['--port', '9000', '--workers=4', '--data', '/srv/posthorn']);
    expect(flags).toEqual({ port: 9000, workers: 4, dataDir: '/srv/posthorn' });
  });

  it.each([
    [['--port', 'http'], '--port must be a whole number from 1 to 65535, not "http"'],
    [['--port', '70000'], '--port must be'],
    [['--workers', '0'], '--workers must be a whole number from 1 to 64, not "0"'],
    [['--prot', '1'], "Unknown option '--prot' (there are --port P, --workers N and --data DIR)"],
    [['up'], "Unexpected argument 'up'"],
  ])('refuses %p', (args, message) => {
    expect(() => readUpFlags(args)).toThrow(message);
  });
});
