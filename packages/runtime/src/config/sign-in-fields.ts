import {
  type AccessRule,
  decodeId,
  DEFAULT_TENANT_ID,
  isLoopbackHttp,
  parseUrl,
  ROLES,
} from '@posthorn/core';
import { z } from 'zod';
import { boolean, field, integer, orNull } from './field.js';

/** An issuer has no query. Plain http is for tests on the own machine. */
const issuer = z
  .string()
  .max(512, 'must have at most 512 characters')
  .refine((text) => {
    const url = parseUrl(text);
    if (!url || url.search !== '' || url.hash !== '' || url.username !== '') return false;
    return url.protocol === 'https:' || isLoopbackHttp(text);
  }, 'must be an https:// URL without a query, or an http:// URL of localhost');

const tenantId = z.string().transform((text, context) => {
  const id = text === 'default' ? DEFAULT_TENANT_ID : decodeId('tenant', text);
  if (id !== null) return id;
  context.addIssue({ code: 'custom', message: 'must be ten_… or default' });
  return z.NEVER;
});

const MAX_RULES = 500;
const MAX_TENANTS = 100;

const group = z.string().min(1).max(512);
/** Without `@` or a wildcard, which no address would match. Domains with other letters are in Punycode, as in addresses. */
const domain = z
  .string()
  .max(253)
  .regex(/^[a-z\d-]+(?:\.[a-z\d-]+)*$/i);
const email = z.string().refine((text) => {
  const [name = '', host, ...more] = text.split('@');
  return /^[\x21-\x7e]{1,64}$/.test(name) && domain.safeParse(host).success && more.length === 0;
});
const granted = {
  role: z.enum(ROLES),
  tenantIds: z.array(tenantId).min(1).max(MAX_TENANTS).nullable().default(null),
};
const rule = z.union([
  z.strictObject({ group, ...granted }),
  z.strictObject({ email, ...granted }),
  z.strictObject({ domain, ...granted }),
]);

const RULE_FORMAT =
  'a JSON array of rules such as {"group":"ops","role":"admin"}, each with one of group, email and domain, a role (viewer, operator or admin), ' +
  'and tenantIds if it is only for some';

const ruleList = z.array(rule).min(1).max(MAX_RULES);

/** The rules of access, as JSON. Null if it is empty. Not by `orNull`: a union does not say what is wrong with a part that transforms. */
const rules = z
  .string()
  .superRefine((text, context) => {
    const error = text === '' ? undefined : ruleList.safeParse(parseJson(text)).error;
    if (!error) return;
    const [index] = error.issues[0]?.path ?? [];
    const place = typeof index === 'number' ? `: rule ${index + 1} is not valid` : '';
    context.addIssue({ code: 'custom', message: `must be ${RULE_FORMAT}${place}` });
  })
  .transform((text): AccessRule[] | null => (text === '' ? null : ruleList.parse(parseJson(text))));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How people sign in to the dashboard. */
export const signIn = {
  keySignIn: field('Sign-in', {
    env: 'POSTHORN_KEY_SIGN_IN',
    description:
      'Whether people can sign in to the dashboard with an API key; false needs single sign-on. Keys of programs work in any case',
    default: 'true',
    schema: boolean,
  }),
  oidcIssuer: field('Sign-in', {
    env: 'POSTHORN_OIDC_ISSUER',
    description:
      'Issuer of the OpenID Connect provider for single sign-on, as in https://login.example.com; empty: no single sign-on',
    default: '',
    schema: orNull(issuer),
  }),
  oidcClientId: field('Sign-in', {
    env: 'POSTHORN_OIDC_CLIENT_ID',
    description: 'Client ID of Posthorn at the OpenID Connect provider',
    default: '',
    schema: orNull(z.string()),
  }),
  oidcClientSecret: field('Sign-in', {
    env: 'POSTHORN_OIDC_CLIENT_SECRET',
    description: 'Client secret of Posthorn at the OpenID Connect provider',
    default: '',
    secret: true,
    schema: orNull(z.string()),
  }),
  oidcName: field('Sign-in', {
    env: 'POSTHORN_OIDC_NAME',
    description: 'Name of the OpenID Connect provider on the sign-in page',
    default: 'single sign-on',
    schema: z.string().max(100, 'must have at most 100 characters'),
  }),
  oidcScopes: field('Sign-in', {
    env: 'POSTHORN_OIDC_SCOPES',
    description:
      'Scopes that are requested from the OpenID Connect provider, separated by spaces; without offline_access, most providers send no refresh token, and sessions end after 60 minutes',
    default: 'openid email profile offline_access',
    schema: z
      .string()
      .refine((text) => text.split(' ').includes('openid'), 'must contain openid')
      .refine(
        (text) => /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/.test(text),
        'must be scopes, separated by spaces',
      ),
  }),
  oidcGroupsClaim: field('Sign-in', {
    env: 'POSTHORN_OIDC_GROUPS_CLAIM',
    description: 'Claim with the groups of a person',
    default: 'groups',
    schema: z.string().max(256, 'must have at most 256 characters'),
  }),
  oidcRoles: field('Sign-in', {
    env: 'POSTHORN_OIDC_ROLES',
    description: `Who has access by single sign-on: ${RULE_FORMAT}; the first one that applies counts, and without one there is no access`,
    default: '',
    // Rules contain addresses of people. A file can hold them.
    secret: true,
    schema: rules,
  }),
  oidcRefreshMinutes: field('Sign-in', {
    env: 'POSTHORN_OIDC_REFRESH_MINUTES',
    description:
      'How often the access of people with a session is confirmed by the OpenID Connect provider, in minutes',
    default: '5',
    // A session that is not confirmed for 60 minutes ends.
    schema: integer(1, 30),
  }),
};
