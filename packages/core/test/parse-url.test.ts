import { describe, expect, it } from '@jest/globals';
import { parseUrl } from '../src/index.js';

describe('parsing a URL', () => {
  it('answers null for what is none', () => {
    expect(parseUrl('')).toBeNull();
    expect(parseUrl('//a.example')).toBeNull();
    expect(parseUrl('https://')).toBeNull();
  });

  it('knows names with letters such as ü, however often it is asked', () => {
    for (let count = 0; count < 50_000; count += 1) {
      if (parseUrl('https://bücher.example/')?.hostname !== 'xn--bcher-kva.example')
        throw new Error(`${count}`);
    }
  });
});
