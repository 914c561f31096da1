import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { ROOT } from '../supply-chain/manifests.js';

it.each(['mutations', 'mutants'])('the source has the texts that the %s replace', (name) => {
  const { status, stderr } = spawnSync(process.execPath, [`scripts/run-${name}.mjs`, '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
