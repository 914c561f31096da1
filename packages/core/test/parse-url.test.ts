import { describe, expect, it } from '@jest/globals';
import { parseUrl } from '../src/index.js';

describe('parseUrl', () => {
  it('returns null for an invalid URL', () => {
    expect(parseUrl('')).toBeNull();
    expect(parseUrl('//a.example')).toBeNull();
    expect(parseUrl('https://')).toBeNull();
  });

  it('parses host names with non-ASCII letters, even after it is optimized', () => {
    for (let count = 0; count < 50_000; count += 1) {
      if (parseUrl('https://bücher.example/')?.hostname !== 'xn--bcher-kva.example')
        throw new Error(`${count}`);
    }
  });
});
