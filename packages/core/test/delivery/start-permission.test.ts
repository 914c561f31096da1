import { describe, expect, it } from '@jest/globals';
import { MAX_READ_AGE_MS, startPermission } from '../../src/index.js';

function permissionReadAtZero() {
  const world = { clockMs: 0, wanted: true };
  const permission = startPermission({
    readAtMs: 0,
    monotonicMs: () => world.clockMs,
    stillWanted: async () => world.wanted,
  });
  return { world, permission };
}

describe('the permission to start', () => {
  it('runs out with the age of what was read', () => {
    const { world, permission } = permissionReadAtZero();
    world.clockMs = MAX_READ_AGE_MS - 1;
    expect(permission.mayStart()).toBe(true);
    world.clockMs = MAX_READ_AGE_MS;
    expect(permission.mayStart()).toBe(false);
  });

  it('is as good as new after a renewal, counted from before its reading', async () => {
    const { world, permission } = permissionReadAtZero();
    world.clockMs = 5000;
    await permission.renew();
    expect(permission.mayStart()).toBe(true);
    world.clockMs = 5000 + MAX_READ_AGE_MS;
    expect(permission.mayStart()).toBe(false);
  });

  it('is not renewed for what is not wanted any more', async () => {
    const { world, permission } = permissionReadAtZero();
    world.clockMs = 5000;
    world.wanted = false;
    await permission.renew();
    expect(permission.mayStart()).toBe(false);
  });
});
