import { describe, expect, it } from '@jest/globals';
import { decodeId, DEFAULT_TENANT_ID } from '@posthorn/core';
import { apiConfig, readConfig, singleSignOnSettings } from '../../src/config/index.js';

const BASE = {
  DATABASE_URL: 'postgresql://localhost/x',
  REDIS_URL: 'redis://localhost',
  POSTHORN_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};

const COMPLETE = {
  POSTHORN_OIDC_ISSUER: 'https://login.example.com',
  POSTHORN_OIDC_CLIENT_ID: 'posthorn',
  POSTHORN_OIDC_CLIENT_SECRET: 'secret',
  POSTHORN_OIDC_ROLES: '[{"group":"ops","role":"admin"}]',
  POSTHORN_PUBLIC_URL: 'https://hooks.example.com',
};

const settings = (env: Record<string, string>) =>
  singleSignOnSettings(readConfig(apiConfig, { ...BASE, ...env }));

const tenant = 'ten_01jw000000e008000000000001';

describe('single sign-on', () => {
  it('is not configured by default', () => {
    expect(settings({})).toBeNull();
    expect(settings({ POSTHORN_PUBLIC_URL: 'https://hooks.example.com' })).toBeNull();
  });

  it('has rules in their order, with ids of tenants', () => {
    const rules = [
      { group: 'ops', role: 'admin' },
      { email: 'ada@example.com', role: 'operator', tenantIds: [tenant, 'default'] },
      { domain: 'example.com', role: 'viewer', tenantIds: null },
    ];
    expect(settings({ ...COMPLETE, POSTHORN_OIDC_ROLES: JSON.stringify(rules) })).toEqual({
      issuer: 'https://login.example.com',
      clientId: 'posthorn',
      clientSecret: 'secret',
      name: 'single sign-on',
      scopes: 'openid email profile offline_access',
      groupsClaim: 'groups',
      rules: [
        { group: 'ops', role: 'admin', tenantIds: null },
        {
          email: 'ada@example.com',
          role: 'operator',
          tenantIds: [decodeId('tenant', tenant), DEFAULT_TENANT_ID],
        },
        { domain: 'example.com', role: 'viewer', tenantIds: null },
      ],
      refreshMinutes: 5,
      publicOrigin: 'https://hooks.example.com',
    });
  });

  it.each([
    { email: "o'neil+hooks@Mail.Example.com" },
    { domain: 'Example.com' },
    { domain: 'xn--bcher-kva.example' },
    { domain: 'localhost' },
    { group: 'Group with spaces, ä and @' },
  ])('accepts the rule %p', (condition) => {
    const rules = JSON.stringify([{ ...condition, role: 'viewer' }]);
    expect(settings({ ...COMPLETE, POSTHORN_OIDC_ROLES: rules })?.rules).toEqual([
      { ...condition, role: 'viewer', tenantIds: null },
    ]);
  });

  it('names all settings that are missing', () => {
    const { POSTHORN_OIDC_ROLES: _, POSTHORN_PUBLIC_URL: __, ...rest } = COMPLETE;
    expect(() => settings(rest)).toThrow(
      'Single sign-on also needs POSTHORN_OIDC_ROLES, POSTHORN_PUBLIC_URL',
    );
    expect(() => settings({ POSTHORN_OIDC_ISSUER: COMPLETE.POSTHORN_OIDC_ISSUER })).toThrow(
      'POSTHORN_OIDC_CLIENT_ID, POSTHORN_OIDC_CLIENT_SECRET, POSTHORN_OIDC_ROLES, POSTHORN_PUBLIC_URL',
    );
  });

  it('is required without sign-in by key', () => {
    expect(() => settings({ POSTHORN_KEY_SIGN_IN: 'false' })).toThrow(
      'POSTHORN_KEY_SIGN_IN=false requires single sign-on: set POSTHORN_OIDC_ISSUER',
    );
    expect(settings({ ...COMPLETE, POSTHORN_KEY_SIGN_IN: 'false' })).not.toBeNull();
  });

  it.each([
    ['no JSON', 'ops=admin', 'POSTHORN_OIDC_ROLES must be a JSON array'],
    ['no rules', '[]', 'POSTHORN_OIDC_ROLES must be a JSON array'],
    ['an unknown role', '[{"group":"a","role":"admin"},{"group":"b","role":"root"}]', 'rule 2 is not valid'],
    ['two conditions', '[{"group":"a","email":"b@example.com","role":"admin"}]', 'rule 1 is not valid'],
    ['no condition', '[{"role":"admin"}]', 'rule 1 is not valid'],
    ['an empty group', '[{"group":"","role":"admin"}]', 'rule 1 is not valid'],
    ['an address without @', '[{"email":"ada.example.com","role":"admin"}]', 'rule 1 is not valid'],
    ['an address with two', '[{"email":"ada@b@example.com","role":"admin"}]', 'rule 1 is not valid'],
    ['an address with a space', '[{"email":"ada@example.com ","role":"admin"}]', 'rule 1 is not valid'],
    ['an address without a name', '[{"email":"@example.com","role":"admin"}]', 'rule 1 is not valid'],
    ['an address of other letters', '[{"email":"ädä@example.com","role":"admin"}]', 'rule 1 is not valid'],
    ['a domain with @', '[{"domain":"@example.com","role":"viewer"}]', 'rule 1 is not valid'],
    ['a domain with a space', '[{"domain":" example.com","role":"viewer"}]', 'rule 1 is not valid'],
    ['a domain with a wildcard', '[{"domain":"*.example.com","role":"viewer"}]', 'rule 1 is not valid'],
    ['a domain of other letters', '[{"domain":"bücher.example","role":"viewer"}]', 'rule 1 is not valid'],
    ['an empty domain', '[{"domain":"","role":"viewer"}]', 'rule 1 is not valid'],
    ['an unknown tenant id', '[{"group":"a","role":"admin","tenantIds":["acme"]}]', 'rule 1 is not valid'],
    ['no tenants', '[{"group":"a","role":"admin","tenantIds":[]}]', 'rule 1 is not valid'],
  ])('rejects rules with %s', (_case, rules, message) => {
    expect(() => settings({ ...COMPLETE, POSTHORN_OIDC_ROLES: rules })).toThrow(message);
  });

  it.each([
    ['http://login.example.com', false],
    ['https://login.example.com?x=1', false],
    ['https://user@login.example.com', false],
    ['login.example.com', false],
    ['http://127.0.0.1:9000', true],
    ['http://localhost:9000/realms/a', true],
    ['https://login.example.com/realms/a/', true],
  ])('with the issuer %s is accepted: %p', (issuer, isAccepted) => {
    const read = () => settings({ ...COMPLETE, POSTHORN_OIDC_ISSUER: issuer });
    if (isAccepted) expect(read()?.issuer).toBe(issuer);
    else expect(read).toThrow('POSTHORN_OIDC_ISSUER must be');
  });
});
