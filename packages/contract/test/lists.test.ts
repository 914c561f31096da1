import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  decodeCursor,
  encodeCursor,
  encodeNameCursor,
  encodeSortedCursor,
  namePageQuery,
  pageQuery,
  sortedCursor,
} from '../src/index.js';

describe('cursors', () => {
  it('decode to the encoded id', () => {
    fc.assert(fc.property(fc.uuid(), (id) => expect(decodeCursor(encodeCursor(id))).toBe(id)));
  });

  it('decode arbitrary text to a UUID or null', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const id = decodeCursor(text);
        if (id !== null) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('of names decode to the encoded name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/), (name) =>
        expect(namePageQuery.cursor.parse(encodeNameCursor(name))).toBe(name),
      ),
    );
  });
});

describe('cursors of sorted lists', () => {
  it('decode to the encoded position', () => {
    const rank = fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.record({ id: fc.uuid(), rank }), (position) =>
        expect(sortedCursor.parse(encodeSortedCursor(position))).toEqual(position),
      ),
    );
  });

  it('of any other text are invalid, or have an id and a finite rank', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{20,36}$/), (text) => {
        const { data } = sortedCursor.safeParse(text);
        if (data === undefined) return;
        expect(data.id).toMatch(/^[0-9a-f-]{36}$/);
        expect(data.rank === null ? text.length === 22 : Number.isFinite(data.rank)).toBe(true);
      }),
    );
    const infinite = encodeSortedCursor({ id: '01970000-0000-7000-8000-000000000001', rank: Infinity });
    expect(sortedCursor.safeParse(infinite).success).toBe(false);
  });
});

describe('limit', () => {
  it.each([
    [undefined, 50],
    ['1', 1],
    ['200', 200],
  ])('parses %s as %s', (text, limit) => expect(pageQuery.limit.parse(text)).toBe(limit));

  it.each(['0', '201', '-1', '1.5', '', ' 1', '0x10', '1e2', ['1'], 5])('rejects %j', (value) =>
    expect(pageQuery.limit.safeParse(value).success).toBe(false),
  );
});
