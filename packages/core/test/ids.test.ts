import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  decodeId,
  DEFAULT_TENANT_ID,
  derivedId,
  encodeId,
  ID_PREFIXES,
  type IdKind,
  idTimeMs,
  newId,
} from '../src/index.js';

const KINDS: IdKind[] = [
  'webhook',
  'event',
  'delivery',
  'attempt',
  'apiKey',
  'tenant',
  'rejectedEvent',
  'replay',
  'auditEntry',
  'signingSecret',
];
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const timeMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe('an API id', () => {
  it.each(KINDS)('of kind %s decodes to its UUID, and only as that kind', (kind) => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        const id = encodeId(kind, uuid);
        expect(id).toMatch(new RegExp(`^${ID_PREFIXES[kind]}_[0-9a-z]{26}$`));
        expect(decodeId(kind, id)).toBe(uuid);
        for (const other of KINDS.filter((each) => each !== kind)) expect(decodeId(other, id)).toBeNull();
      }),
    );
  });

  it('of the default tenant is a valid tenant id', () => {
    expect(decodeId('tenant', encodeId('tenant', DEFAULT_TENANT_ID))).toBe(DEFAULT_TENANT_ID);
  });

  it.each([
    '',
    'wh',
    'wh_',
    'wh_1',
    `wh_${'8'.padEnd(26, '0')}`,
    `wh_${'u'.repeat(26)}`,
    `WH_${'0'.repeat(26)}`,
    `wh_${'0'.repeat(27)}`,
    `wh_wh_${'0'.repeat(26)}`,
    `wh_${'0'.repeat(25)}\n`,
    `wh_0${'A'.repeat(25)}`,
    newId(),
  ])('%j is not an API id', (id) => {
    expect(decodeId('webhook', id)).toBeNull();
  });

  it('round-trips whenever arbitrary text decodes', () => {
    fc.assert(
      fc.property(fc.string(), (suffix) => {
        const uuid = decodeId('event', `evt_${suffix}`);
        if (uuid !== null) expect(encodeId('event', uuid)).toBe(`evt_${suffix}`);
      }),
    );
  });
});

describe('a new id', () => {
  it('is a UUIDv7 with the current time, greater than the previous one', () => {
    const before = Date.now();
    const ids = Array.from({ length: 1000 }, newId);
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(1000);
    for (const id of ids) expect(id).toMatch(UUID_V7);
    expect(idTimeMs(ids[0] ?? '')).toBeGreaterThanOrEqual(before);
    expect(idTimeMs(ids[0] ?? '')).toBeLessThanOrEqual(Date.now() + 1);
  });
});

describe('a derived id', () => {
  it('is a UUIDv7 with the given time, equal for equal seed and time', () => {
    fc.assert(
      fc.property(fc.string(), timeMs, (seed, time) => {
        const id = derivedId(seed, time);
        expect(id).toMatch(UUID_V7);
        expect(idTimeMs(id)).toBe(time);
        expect(derivedId(seed, time)).toBe(id);
      }),
    );
  });

  it('sorts by time', () => {
    fc.assert(
      fc.property(timeMs, timeMs, fc.string(), fc.string(), (one, other, seed, otherSeed) => {
        fc.pre(one < other);
        expect(derivedId(seed, one) < derivedId(otherSeed, other)).toBe(true);
      }),
    );
  });

  it('differs between seeds', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => derivedId(`events:${index}`, 1_700_000_000_000));
    expect(new Set(ids).size).toBe(1000);
  });
});
