import { z } from 'zod';
import { apiKey } from './api-key.js';
import { apiId, apiIdOfAny } from '../values/ids.js';
import { timestamp } from '../values/lists.js';
import { grantedFeatures } from './portal-settings.js';
import type { RouteDefinition } from '../routes/route.js';

/** The name of the session cookie. */
export const SESSION_COOKIE = 'posthorn_session';

const holder = apiKey
  .pick({ name: true, role: true, scopes: true, tenantId: true, tenantIds: true })
  .extend({
    kind: z.enum(['apiKey', 'person', 'portalLink']).meta({ id: 'HolderKind' }),
    id: apiIdOfAny('apiKey', 'person').meta({
      description: 'The id of the API key or portal link, `key_…`, or of the person, `per_…`.',
    }),
    prefix: z
      .string()
      .nullable()
      .meta({ description: 'The first characters of the key, to identify it. Null for a person.' }),
    email: z.string().nullable().meta({
      description: 'The email address of the person, if the identity provider sends one. Null for others.',
    }),
    expiresAt: timestamp.nullable().meta({
      description: 'When the key or portal link expires. Null if a key never expires, and for a person.',
    }),
  })
  .meta({
    id: 'SessionHolder',
    description: 'The API key or the person that has signed in, or the calling key or portal link.',
  });

const session = z
  .strictObject({
    holder,
    expiresAt: timestamp.nullable().meta({
      description:
        'When the session or key expires. A session of a person ends 30 minutes after its last activity, and 12 hours after the sign-in at ' +
        'the latest. Null for a key without an expiry.',
    }),
    tenants: z
      .array(z.strictObject({ id: apiId('tenant'), name: z.string() }).meta({ id: 'SessionTenant' }))
      .nullable()
      .meta({ description: 'The tenants of a key with `tenantIds`, by name. Null for other keys.' }),
    portalFeatures: grantedFeatures
      .nullable()
      .meta({ description: 'What the portal link allows. Null for other keys.' }),
    emailEnabled: z.boolean().meta({ description: 'Whether an SMTP server is configured.' }),
    attestationUntil: timestamp.nullable().meta({
      description: 'Until when the key may attest URLs in place of a validation. Null if it may not.',
    }),
  })
  .meta({ id: 'Session' });

export type SessionResponse = z.input<typeof session>;

export const signInBody = z
  .strictObject({
    key: z.string().max(512).meta({ description: 'An API key.', example: 'phk_…' }),
  })
  .meta({ id: 'SignIn' });

const sessions = { tag: 'Session', path: '/v1/session', scope: null, tenancy: 'self' } as const;

export const sessionRoutes = {
  createSession: {
    ...sessions,
    method: 'post',
    summary: 'Sign in',
    description:
      'Sets a session cookie for pages of the same origin. The session always has the present permissions of the key. It lasts 12 hours, or ' +
      'less if the key expires earlier. Returns 403 `key_sign_in_disabled` if people sign in with single sign-on only.',
    keyInBody: true,
    idempotency: 'none',
    maxBodyBytes: 4096,
    body: signInBody,
    responses: {
      200: {
        description: 'The session. The cookie is HttpOnly and SameSite=Strict.',
        headers: ['Set-Cookie'],
        body: session,
      },
    },
    errors: ['key_sign_in_disabled'],
  },
  getSession: {
    ...sessions,
    method: 'get',
    summary: 'Get the current session',
    description: 'Returns the key or person behind this request and when the session expires.',
    responses: { 200: { description: 'The current session or key.', body: session } },
  },
  keepSession: {
    ...sessions,
    method: 'post',
    path: '/v1/session/activity',
    summary: 'Report activity',
    description:
      'Extends the session of a person to 30 minutes from now, but not beyond 12 hours after the sign-in. Call it when the person uses the ' +
      'page, at most once a minute. Has no effect on other sessions, keys and portal links.',
    idempotency: 'none',
    responses: { 204: { description: 'The activity is recorded.', body: null } },
  },
  deleteSession: {
    ...sessions,
    method: 'delete',
    summary: 'Sign out',
    description:
      'Ends the session, or revokes the portal link, immediately. Returns 409 `invalid_state` for an API key: revoke the key ' +
      'instead.',
    responses: {
      204: {
        description: 'The session has ended. The cookie is cleared.',
        headers: ['Set-Cookie'],
        body: null,
      },
    },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
