import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createSealer, encryptionKeyId, rememberOpened, reseal } from '../../src/index.js';

const key = Buffer.alloc(32, 1);
const otherKey = Buffer.alloc(32, 2);
const sealer = createSealer(key);

/** Returns the parts of a sealed text. */
function partsOf(sealed: string): { prefix: string; bytes: Buffer } {
  const start = sealed.lastIndexOf('.') + 1;
  return { prefix: sealed.slice(0, start), bytes: Buffer.from(sealed.slice(start), 'base64') };
}

describe('a sealed text', () => {
  it('opens to the original text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, context) => {
        expect(sealer.open(sealer.seal(text, context), context)).toBe(text);
      }),
    );
  });

  it('differs each time and does not contain the plain text', () => {
    const sealed = sealer.seal('secret', 'c');
    expect(sealer.seal('secret', 'c')).not.toBe(sealed);
    expect(partsOf(sealed).bytes.toString('latin1')).not.toContain('secret');
  });

  it('names its key, and opens with no other one', () => {
    const sealed = sealer.seal('secret', 'c');
    expect(sealed).toMatch(new RegExp(`^v1\\.${encryptionKeyId(key)}\\.[A-Za-z0-9+/=]+$`));
    expect(() => createSealer(otherKey).open(sealed, 'c')).toThrow(
      `the encryption key ${encryptionKeyId(key)} is not configured`,
    );
    const renamed = sealed.replace(encryptionKeyId(key), encryptionKeyId(otherKey));
    expect(() => createSealer(otherKey).open(renamed, 'c')).toThrow();
  });

  it('does not open with another context', () => {
    expect(() => sealer.open(sealer.seal('secret', 'webhook:1'), 'webhook:2')).toThrow();
  });

  it('does not open when any byte is changed', () => {
    const { prefix, bytes } = partsOf(sealer.seal('secret', 'c'));
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => sealer.open(prefix + changed.toString('base64'), 'c')).toThrow();
    }
  });

  it('does not open when it is truncated', () => {
    const { prefix, bytes } = partsOf(sealer.seal('secret', 'c'));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => sealer.open(prefix + bytes.subarray(0, length).toString('base64'), 'c')).toThrow();
    }
    for (const text of ['', 'v1', 'v1.', prefix.slice(0, -1), bytes.toString('base64')])
      expect(() => sealer.open(text, 'c')).toThrow('not a sealed text');
  });
});

describe('a sealer', () => {
  it.each([0, 16, 31, 33])('rejects a key of %d bytes', (length) => {
    expect(() => createSealer(Buffer.alloc(length))).toThrow('32 bytes');
    expect(() => createSealer(key, Buffer.alloc(length))).toThrow('32 bytes');
  });

  it('seals with its first key and opens with all of them', () => {
    const both = createSealer(otherKey, key);
    expect(both.open(sealer.seal('secret', 'c'), 'c')).toBe('secret');
    const sealed = both.seal('secret', 'c');
    expect(createSealer(otherKey).open(sealed, 'c')).toBe('secret');
    expect(() => sealer.open(sealed, 'c')).toThrow();
    expect(both).toMatchObject({
      keyId: encryptionKeyId(otherKey),
      keyIds: [encryptionKeyId(otherKey), encryptionKeyId(key)],
    });
  });

  it('seals again only what another key has sealed', () => {
    const both = createSealer(otherKey, key);
    const resealed = reseal(sealer.seal('secret', 'c'), 'c', both);
    expect(createSealer(otherKey).open(resealed, 'c')).toBe('secret');
    expect(reseal(resealed, 'c', both)).toBe(resealed);
  });

  it('keeps opened texts when it remembers them', () => {
    const opened: string[] = [];
    const remembering = rememberOpened({
      ...sealer,
      open(sealed, context) {
        opened.push(sealed);
        return sealer.open(sealed, context);
      },
    });
    const sealed = sealer.seal('secret', 'c');
    expect([remembering.open(sealed, 'c'), remembering.open(sealed, 'c')]).toEqual(['secret', 'secret']);
    expect(opened).toEqual([sealed]);
    expect(() => remembering.open(sealed, 'd')).toThrow();
  });
});

describe('the id of a key', () => {
  it('is the same each time and differs for other keys', () => {
    const ids = Array.from({ length: 100 }, () => encryptionKeyId(randomBytes(32)));
    expect(new Set(ids).size).toBe(ids.length);
    expect(encryptionKeyId(key)).toBe(encryptionKeyId(Buffer.from(key)));
    expect(encryptionKeyId(key)).toMatch(/^[0-9a-f]{8}$/);
  });
});
