import { describe, expect, it } from '@jest/globals';
import { type AccessRule, explainNoAccess, findAccess, type PersonClaims } from '../../src/index.js';

const rule = (match: { group: string } | { email: string } | { domain: string }): AccessRule => ({
  ...match,
  role: 'viewer',
  tenantIds: null,
});

const claims = (changes: Partial<PersonClaims> = {}): PersonClaims => ({
  groups: [],
  hasOmittedGroups: false,
  email: null,
  isEmailVerified: true,
  ...changes,
});

const ofDomain = rule({ domain: 'example.com' });

describe('a rule', () => {
  it.each([
    [rule({ group: 'Ops' }), claims({ groups: ['x', 'Ops'] }), true],
    [rule({ group: 'Ops' }), claims({ groups: ['ops'] }), false],
    [rule({ email: 'Ada@Example.com' }), claims({ email: 'ada@example.COM' }), true],
    [rule({ email: 'ada@example.com' }), claims({ email: 'ada@example.com', isEmailVerified: false }), false],
    [ofDomain, claims({ email: 'x@Example.com' }), true],
    [ofDomain, claims({ email: 'x@example.com', isEmailVerified: false }), false],
    [ofDomain, claims({ email: 'x@sub.example.com' }), false],
    [ofDomain, claims({ email: 'x@notexample.com' }), false],
    [ofDomain, claims({ email: '"x@example.com"@evil.example' }), false],
    [ofDomain, claims({ email: '"x@evil.example"@example.com' }), true],
    [ofDomain, claims(), false],
    [rule({ group: 'example.com' }), claims({ email: 'x@example.com' }), false],
  ])('%j applies to %j: %p', (each, person, applies) => {
    expect(findAccess([each], person)).toBe(applies ? each : null);
  });

  it('counts if it is the first that applies', () => {
    const rules = [rule({ group: 'a' }), rule({ group: 'b' }), ofDomain];
    expect(findAccess(rules, claims({ groups: ['b'], email: 'x@example.com' }))).toBe(rules[1]);
  });
});

describe('no access', () => {
  it.each([
    ['groups_omitted', [rule({ group: 'a' }), ofDomain], claims({ hasOmittedGroups: true })],
    ['no_matching_rule', [ofDomain], claims({ hasOmittedGroups: true })],
    ['email_not_verified', [ofDomain], claims({ email: 'x@example.com', isEmailVerified: false })],
    ['no_matching_rule', [ofDomain], claims({ email: 'x@evil.example', isEmailVerified: false })],
    ['no_matching_rule', [rule({ group: 'a' })], claims({ groups: ['b'] })],
  ])('is explained by %s', (reason, rules, person) => {
    expect(explainNoAccess(rules, person)).toBe(reason);
  });
});
