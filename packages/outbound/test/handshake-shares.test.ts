import { describe, expect, it } from '@jest/globals';
import { costOf, HandshakeShares } from '../src/handshake-shares.js';

const BAD = { id: 'bad', tenantId: 'a' };
const SIBLING = { id: 'good', tenantId: 'a' };
const OTHER = { id: 'other', tenantId: 'b' };

function sharesAt() {
  const clock = { ms: 1000, now: () => clock.ms };
  return { clock, shares: new HandshakeShares(clock) };
}

it.each([
  [2, 2],
  [5, 5],
  [10, 40],
  [50, 5000],
  [100, 10_000],
  [1000, 10_000],
])('a call of OpenSSL of %s ms costs %s ms', (cpuMs, cost) => {
  expect(costOf(cpuMs)).toBe(cost);
});

describe('the handshakes of a webhook', () => {
  it('do not wait for usual ones', () => {
    const { clock, shares } = sharesAt();
    for (let count = 0; count < 10_000; count += 1) {
      expect(shares.waitMs(BAD)).toBe(0);
      shares.charge(BAD, 2);
      clock.ms += 8;
    }
  });

  it('wait until a quarter of a core has paid what exceeds the burst', () => {
    const { clock, shares } = sharesAt();
    shares.charge(BAD, 50);
    expect(shares.waitMs(BAD)).toBe((5000 - 1000) / 0.25);
    clock.ms += 15_999;
    expect(shares.waitMs(BAD)).toBe(1);
    clock.ms += 1;
    expect(shares.waitMs(BAD)).toBe(0);
    shares.charge(BAD, 1);
    expect(shares.waitMs(BAD)).toBe(4);
  });

  it('do not delay those of other webhooks and tenants', () => {
    const { shares } = sharesAt();
    shares.charge(BAD, 1000);
    expect([BAD, SIBLING, OTHER].map((webhook) => shares.waitMs(webhook) > 0)).toEqual([true, false, false]);
  });
});

describe('the handshakes of a tenant', () => {
  it('wait also if each is of another webhook', () => {
    const { shares } = sharesAt();
    for (const id of ['1', '2']) {
      expect(shares.waitMs({ id, tenantId: 'a' })).toBe(0);
      shares.charge({ id, tenantId: 'a' }, 100);
    }
    expect([SIBLING, OTHER].map((webhook) => shares.waitMs(webhook))).toEqual([16_000, 0]);
  });

  it('do not wait for one webhook that always costs as much as it may', () => {
    const { clock, shares } = sharesAt();
    for (let count = 0; count < 100; count += 1) {
      shares.charge(BAD, 60);
      expect(shares.waitMs(SIBLING)).toBe(0);
      clock.ms += shares.waitMs(BAD);
    }
  });
});
