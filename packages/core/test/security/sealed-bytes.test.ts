import { describe, expect, it } from '@jest/globals';
import { openBytes, sealBytes } from '../../src/index.js';

const KEY = Buffer.alloc(32, 7);
const SEALING = { key: KEY, context: 'event:1' };
const NONCE_BYTES = 12;

describe('sealBytes', () => {
  it('uses no nonce twice, also when the prepared ones are used up', () => {
    const sealed = Array.from({ length: 1000 }, () => sealBytes(Buffer.from('{}'), SEALING));
    const nonces = sealed.map((bytes) => bytes.subarray(0, NONCE_BYTES).toString('hex'));
    expect(new Set(nonces).size).toBe(nonces.length);
    expect(sealed.every((bytes) => openBytes(bytes, SEALING).toString() === '{}')).toBe(true);
  });

  it('is opened only with the same key, in the same context', () => {
    const sealed = sealBytes(Buffer.from('{}'), SEALING);
    expect(() => openBytes(sealed, { ...SEALING, context: 'event:2' })).toThrow();
    expect(() => openBytes(sealed, { ...SEALING, key: Buffer.alloc(32, 8) })).toThrow();
  });
});
