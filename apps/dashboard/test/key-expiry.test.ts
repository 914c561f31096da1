import { describe, expect, it } from '@jest/globals';
import { expiries, toExpiresAt } from '../src/pages/api-keys/expiry.js';

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
const values = (latest: string | null) => expiries('Never', latest).map(({ value }) => value);

describe('the lifetimes offered for a key', () => {
  it('end no later than the key of the session', () => {
    expect(values(null)).toEqual(['default', '7', '30', '90', '365']);
    expect(values(inDays(60))).toEqual(['default', '7', '30']);
    expect(values(inDays(1))).toEqual(['default']);
  });

  it('leave the default to the API', () => {
    expect(toExpiresAt('default')).toBeNull();
    const [earliest, expiresAt, latest] = [inDays(7), toExpiresAt('7') ?? '', inDays(7)];
    expect([earliest, expiresAt, latest].toSorted()).toEqual([earliest, expiresAt, latest]);
  });
});
