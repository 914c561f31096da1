import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { canReach } from '../src/postgres-account.js';
import { temporaryFolder } from './fake-stack.js';

const STRANGER = { uid: 54_321, gid: 54_321 };

describe('canReach', () => {
  let folder: string;
  let remove: () => void;
  beforeEach(() => {
    ({ folder, remove } = temporaryFolder());
    mkdirSync(folder);
    chmodSync(path.dirname(folder), 0o755);
  });
  afterEach(() => remove());

  it('requires permission to enter every folder above', () => {
    const target = path.join(folder, 'deep/postgres');
    chmodSync(folder, 0o711);
    expect(canReach(target, STRANGER)).toBe(true);
    chmodSync(folder, 0o700);
    expect(canReach(target, STRANGER)).toBe(false);
    chmodSync(folder, 0o711);
    chmodSync(path.dirname(folder), 0o700);
    expect(canReach(target, STRANGER)).toBe(false);
  });

  it('respects owner and group permissions', () => {
    const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    chmodSync(folder, 0o700);
    expect(canReach(path.join(folder, 'postgres'), own)).toBe(true);
    chmodSync(folder, 0o070);
    expect(canReach(path.join(folder, 'postgres'), { ...own, uid: STRANGER.uid })).toBe(true);
  });
});
