import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createSealer } from '@posthorn/core';
import { firstSecret, MAX_LIVE_SECRETS, rotatedSecrets, sealHeaders } from '../../src/prisma/index.js';
import { liveSecrets, openHeaders } from '../../src/index.js';

const sealer = createSealer(randomBytes(32));
const id = '01970000-0000-7000-8000-000000000001';
const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

const live = (secrets: ReturnType<typeof firstSecret>, now: Date) =>
  liveSecrets({ id, secrets }, now, sealer);
const rotate = (secrets: ReturnType<typeof firstSecret>, secret: string, overlapEnd: Date, now: Date) =>
  rotatedSecrets({ id, secrets }, { secret, overlapEnd, now }, sealer);

describe('rotating secrets', () => {
  it('keeps the old one until the overlap ends', () => {
    const secrets = rotate(firstSecret(id, 'one', sealer), 'two', at(5), at(1));
    expect(live(secrets, at(4))).toEqual(['two', 'one']);
    expect(live(secrets, at(5))).toEqual(['two']);
  });

  it('does not prolong one that ends already', () => {
    const twice = rotate(rotate(firstSecret(id, 'one', sealer), 'two', at(5), at(1)), 'three', at(20), at(2));
    expect(live(twice, at(4))).toEqual(['three', 'two', 'one']);
    expect(live(twice, at(6))).toEqual(['three', 'two']);
  });

  it('forgets what has ended, and the oldest beyond five', () => {
    const ended = rotate(rotate(firstSecret(id, 'one', sealer), 'two', at(5), at(1)), 'three', at(20), at(6));
    expect(ended).toHaveLength(2);
    let secrets = firstSecret(id, '0', sealer);
    for (let count = 1; count <= 7; count += 1) secrets = rotate(secrets, String(count), at(20), at(1));
    expect(secrets).toHaveLength(MAX_LIVE_SECRETS);
    expect(live(secrets, at(2))).toEqual(['7', '6', '5', '4', '3']);
  });
});

describe('sealed headers', () => {
  it('open for their webhook alone', () => {
    const headersSealed = sealHeaders(id, { authorization: 'x' }, sealer);
    expect(openHeaders({ id, headersSealed }, sealer)).toEqual({ authorization: 'x' });
    expect(() => openHeaders({ id: 'another', headersSealed }, sealer)).toThrow();
    expect(sealHeaders(id, {}, sealer)).toBeNull();
  });
});
