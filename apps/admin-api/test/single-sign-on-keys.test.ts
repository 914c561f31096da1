// Single sign-on with a provider that publishes keys which must not be used.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { JWK } from 'jose';
import { ForgingProvider } from './forging-provider.js';
import { singleSignOnWith, TestBrowser } from './single-sign-on.js';
import { startApi } from './start-api.js';

const number = (bits: number): string => Buffer.alloc(bits / 8, 0xff).toString('base64url');

/** Closed in reverse order. */
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

/** Signs in with a provider that publishes further keys. @param keysOf returns them for the id of the key that signs */
async function signInWith(keysOf: (kid: string) => readonly JWK[]): Promise<string> {
  const provider = await new ForgingProvider().start();
  opened.push(provider);
  provider.otherKeys = keysOf(provider.keyId);
  const api = await startApi({ singleSignOn: singleSignOnWith(provider) });
  opened.push(api);
  return new TestBrowser(api).signIn();
}

describe('a key of the provider is ignored, though it has the id of the key that signs, if it has', () => {
  it.each<[name: string, key: JWK]>([
    ['a modulus of 16,384 bits', { kty: 'RSA', n: number(16_384), e: 'AQAB' }],
    ['an exponent of 3,072 bits', { kty: 'RSA', n: number(3072), e: number(3072) }],
  ])('%s', async (_name, key) => {
    expect(await signInWith((kid) => [{ ...key, kid, alg: 'RS256', use: 'sig' }])).toBe('/');
  });
});

const keys = (count: number) => Array.from({ length: count }, (_, index) => ({ kty: 'EC', kid: `${index}` }));

describe('a set of keys', () => {
  it('may have 50 keys', async () => {
    expect(await signInWith(() => keys(49))).toBe('/');
  });

  it('is refused if it has more', async () => {
    expect(await signInWith(() => keys(50))).toBe('/sign-in?error=sso_unavailable');
  });
});
