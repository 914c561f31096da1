import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { ROOT } from '../supply-chain/manifests.js';

it('the source has the texts that the mutations replace', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/run-mutations.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
