import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  createSealer,
  MAX_LIVE_SECRETS,
  openLiveSecrets,
  rotateSecrets,
  type SealedSecret,
  sealFirstSecret,
} from '../../src/index.js';

const sealer = createSealer(randomBytes(32));
const id = '01970000-0000-7000-8000-000000000001';
const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

const live = (secrets: SealedSecret[], now: Date) => openLiveSecrets({ id, secrets }, now, sealer);
const rotate = (secrets: SealedSecret[], secret: string, overlapEnd: Date, now: Date) =>
  rotateSecrets({ id, secrets }, { secret, overlapEnd, now }, sealer);

describe('secret rotation', () => {
  it('keeps the previous secret live until the overlap ends', () => {
    const secrets = rotate(sealFirstSecret(id, 'one', sealer), 'two', at(5), at(1));
    expect(live(secrets, at(4))).toEqual(['two', 'one']);
    expect(live(secrets, at(5))).toEqual(['two']);
  });

  it('does not extend the life of a secret that already has an expiry', () => {
    const once = rotate(sealFirstSecret(id, 'one', sealer), 'two', at(5), at(1));
    const twice = rotate(once, 'three', at(20), at(2));
    expect(live(twice, at(4))).toEqual(['three', 'two', 'one']);
    expect(live(twice, at(6))).toEqual(['three', 'two']);
  });

  it('removes expired secrets', () => {
    const once = rotate(sealFirstSecret(id, 'one', sealer), 'two', at(5), at(1));
    expect(rotate(once, 'three', at(20), at(6))).toHaveLength(2);
  });

  it('removes the oldest secrets above the limit of five', () => {
    let secrets = sealFirstSecret(id, '0', sealer);
    for (let count = 1; count <= 7; count += 1) secrets = rotate(secrets, String(count), at(20), at(1));
    expect(secrets).toHaveLength(MAX_LIVE_SECRETS);
    expect(live(secrets, at(2))).toEqual(['7', '6', '5', '4', '3']);
  });
});
