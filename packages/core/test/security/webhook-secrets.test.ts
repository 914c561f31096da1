import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  base64Secret,
  createSealer,
  endSecret,
  hasSameSecrets,
  MAX_LIVE_SECRETS,
  newEd25519KeyPair,
  openLiveKeys,
  rotateSecrets,
  type SealedSecret,
  sealEd25519Key,
  sealFirstSecret as seal,
  type Sealer,
} from '../../src/index.js';

const sealer = createSealer(randomBytes(32));
const id = '01970000-0000-7000-8000-000000000001';
const at = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour));

const live = (secrets: SealedSecret[], now: Date) =>
  openLiveKeys({ id, secrets }, now, sealer).secrets.map(({ text }) => text);
const rotate = (secrets: SealedSecret[], secret: string, overlapEnd: Date, now: Date) =>
  rotateSecrets({ id, secrets }, { next: base64Secret(secret), overlapEnd, now }, sealer);
const sealFirstSecret = (webhookId: string, text: string, by: Sealer) =>
  seal(webhookId, base64Secret(text), by);

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

  it('keeps the Ed25519 keys', () => {
    const key = sealEd25519Key(id, newEd25519KeyPair(), sealer);
    const rotated = rotate([...sealFirstSecret(id, 'one', sealer), key], 'two', at(5), at(1));
    expect(rotated).toContainEqual(key);
    expect(live(rotated, at(4))).toEqual(['two', 'one']);
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

  it('ends no older secret later than the overlap', () => {
    const once = rotate(sealFirstSecret(id, 'one', sealer), 'two', at(20), at(1));
    const twice = rotate(once, 'three', at(5), at(2));
    expect(live(twice, at(4))).toEqual(['three', 'two', 'one']);
    expect(live(twice, at(5))).toEqual(['three']);
  });

  it('removes all older secrets without an overlap', () => {
    const once = rotate(sealFirstSecret(id, 'one', sealer), 'two', at(20), at(1));
    expect(live(rotate(once, 'three', at(2), at(2)), new Date(0))).toEqual(['three']);
  });
});

describe('ending a secret', () => {
  const once = rotate(sealFirstSecret(id, 'one', sealer), 'two', at(5), at(1));
  const secrets = rotate(once, 'three', at(10), at(2));
  const idOf = (index: number) => secrets[index]?.id ?? '';

  it('removes it, and keeps the ends of the others', () => {
    const ended = endSecret(secrets, idOf(1), at(3));
    expect(ended).toEqual([secrets[0], secrets[2]]);
    expect(live(ended as SealedSecret[], at(6))).toEqual(['three']);
  });

  it('makes the newest of the others the current secret if it was the current one', () => {
    const ended = endSecret(secrets, idOf(0), at(3)) as SealedSecret[];
    expect(live(ended, at(4))).toEqual(['two', 'one']);
    expect(live(ended, at(100))).toEqual(['two']);
  });

  it('is refused for the last valid secret', () => {
    const only = sealFirstSecret(id, 'one', sealer);
    expect(endSecret(only, only[0]?.id ?? '', at(3))).toBe('last_secret');
    expect(endSecret(secrets, idOf(0), at(12))).toBe('last_secret');
  });

  it('does not find an expired or unknown secret', () => {
    expect(endSecret(secrets, id, at(3))).toBe('not_found');
    expect(endSecret(secrets, idOf(2), at(6))).toBe('not_found');
  });

  it('changes the secrets of a webhook, as a rotation does', () => {
    expect(hasSameSecrets(secrets, [...secrets])).toBe(true);
    expect(hasSameSecrets(secrets, endSecret(secrets, idOf(1), at(3)) as SealedSecret[])).toBe(false);
    expect(hasSameSecrets(once, secrets)).toBe(false);
  });
});
