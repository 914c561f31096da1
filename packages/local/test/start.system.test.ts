import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readUpFlags } from '../src/up-flags.js';
import { welcome } from '../src/welcome.js';

const START = path.resolve(import.meta.dirname, '../../../scripts/start.mjs');

it.each(['--help', '-h'])('npm start -- %s prints the options and starts nothing', async (flag) => {
  const { stdout } = await promisify(execFile)(process.execPath, [START, flag]);
  expect(stdout).toMatch(/^Usage: npm start -- \[options\]/);
  for (const option of availableOptions()) expect(stdout).toContain(`  ${option} `);
});

/** The options that the error of an unknown one lists. */
function availableOptions(): string[] {
  try {
    readUpFlags(['--unknown'], {});
  } catch (error) {
    const [, list = ''] = /\(available: (.*)\)$/.exec(String(error)) ?? [];
    return list.split(', ');
  }
  throw new Error('--unknown was accepted');
}

describe('the text of npm start', () => {
  const stack = {
    apiUrl: 'http://127.0.0.1:8080',
    adminKey: 'phk_1',
    dataDir: '/data',
    redisUrl: 'redis://:secret@127.0.0.1:6400',
  };

  it('contains the address of its own Redis', () => {
    expect(welcome(stack, {})).toContain('  Redis      redis://:secret@127.0.0.1:6400\n');
  });

  it('does not contain the password of another one', () => {
    const text = welcome(stack, { REDIS_URL: stack.redisUrl });
    expect(text).toContain('  Redis      REDIS_URL\n');
    expect(text).not.toContain('secret');
  });
});
