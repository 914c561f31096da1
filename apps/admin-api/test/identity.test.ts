import { describe, expect, it } from '@jest/globals';
import { identityOf, mergeClaims } from '../src/single-sign-on/identity.js';

const nameOf = (claims: Record<string, unknown>) => identityOf({ sub: 'u1', ...claims }, 'groups').name;

describe('the name of a person', () => {
  it('is the address only if it is verified', () => {
    const claims = { email: 'ceo@example.com', name: 'Ada', preferred_username: 'ada' };
    expect(nameOf({ ...claims, email_verified: true })).toBe('ceo@example.com');
    expect(nameOf({ ...claims, email_verified: false })).toBe('Ada');
    expect(nameOf({ ...claims, email_verified: 'true' })).toBe('Ada');
    expect(nameOf(claims)).toBe('Ada');
  });

  it('is else the user name, or the subject', () => {
    expect(nameOf({ email: 'ceo@example.com', preferred_username: 'ada' })).toBe('ada');
    expect(nameOf({ email: 'ceo@example.com' })).toBe('u1');
  });
});

const merged = (idToken: object, userInfo: object) => mergeClaims({ ...idToken }, { ...userInfo });

describe('claims of two responses', () => {
  it('come from the ID token, and what it lacks from the user info endpoint', () => {
    expect(merged({ sub: 'u1', groups: ['a'] }, { sub: 'u1', groups: ['b'], name: 'Ada' })).toMatchObject({
      groups: ['a'],
      name: 'Ada',
    });
  });

  it.each([
    ['the ID token', { email: 'a@x', email_verified: false }, { email: 'b@x', email_verified: true }],
    ['the user info', { email: 'a@x' }, { email: 'b@x', email_verified: true }],
    ['the user info', { email_verified: true }, { email: 'b@x', email_verified: false }],
    ['the ID token', { email: 'a@x' }, { email_verified: true }],
    ['the user info', { email_verified: true }, { email: 'b@x' }],
  ])('have the address of %s, and whether that is verified: %p, %p', (source, idToken, userInfo) => {
    const { email, email_verified: isVerified }: Record<string, unknown> =
      source === 'the ID token' ? idToken : userInfo;
    expect(merged(idToken, userInfo)).toEqual({ email, email_verified: isVerified });
  });
});
