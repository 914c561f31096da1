import { expect, it } from '@jest/globals';
import { encodeId } from '@posthorn/core';
import * as fc from 'fast-check';
import { timestampOfId } from '../src/search/timestamp-of-id.js';

it('returns the timestamp of an ID', () => {
  const anyTime = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(anyTime, (ms) => {
      const hex = ms.toString(16).padStart(12, '0');
      const id = encodeId('event', `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-89ab-0123456789ab`);
      expect(timestampOfId(id)).toBe(ms);
    }),
  );
  expect(timestampOfId('rej_zzzz')).toBeNull();
});
