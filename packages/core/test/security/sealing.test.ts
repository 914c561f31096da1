import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { createSealer } from '../../src/index.js';

const sealer = createSealer(Buffer.alloc(32, 1));

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
    expect(Buffer.from(sealed, 'base64').toString('latin1')).not.toContain('secret');
  });

  it('does not open with another key', () => {
    const other = createSealer(Buffer.alloc(32, 2));
    expect(() => other.open(sealer.seal('secret', 'c'), 'c')).toThrow();
  });

  it('does not open with another context', () => {
    expect(() => sealer.open(sealer.seal('secret', 'webhook:1'), 'webhook:2')).toThrow();
  });

  it('does not open when any byte is changed', () => {
    const bytes = Buffer.from(sealer.seal('secret', 'c'), 'base64');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => sealer.open(changed.toString('base64'), 'c')).toThrow();
    }
  });

  it('does not open when it is truncated', () => {
    const bytes = Buffer.from(sealer.seal('secret', 'c'), 'base64');
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => sealer.open(bytes.subarray(0, length).toString('base64'), 'c')).toThrow();
    }
  });
});

describe('a sealer', () => {
  it.each([0, 16, 31, 33])('rejects a key of %d bytes', (length) => {
    expect(() => createSealer(Buffer.alloc(length))).toThrow('32 bytes');
  });

  it('derives a stable hash key that differs from the master key', () => {
    const key = randomBytes(32);
    const { hashKey } = createSealer(key);
    expect(hashKey).toHaveLength(32);
    expect(hashKey).toEqual(createSealer(key).hashKey);
    expect(hashKey).not.toEqual(key);
    expect(hashKey).not.toEqual(sealer.hashKey);
  });
});
