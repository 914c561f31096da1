import { z } from 'zod';
import { apiKey } from './api-key.js';
import { apiId } from './ids.js';
import { timestamp } from './lists.js';
import { grantedFeatures } from './portal-settings.js';
import type { RouteDefinition } from './route.js';

/** The name of the session cookie. */
export const SESSION_COOKIE = 'posthorn_session';

const session = z
  .strictObject({
    apiKey: apiKey
      .pick({
        id: true,
        name: true,
        prefix: true,
        role: true,
        scopes: true,
        tenantId: true,
        tenantIds: true,
        expiresAt: true,
      })
      .meta({ id: 'SessionKey', description: 'The API key of the session, or the calling key.' }),
    expiresAt: timestamp
      .nullable()
      .meta({ description: 'When the session or key expires. Null for a key without an expiry.' }),
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
      'less if the key expires earlier.',
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
  },
  getSession: {
    ...sessions,
    method: 'get',
    summary: 'Get the current session',
    description: 'Returns the key behind this request and when it expires.',
    responses: { 200: { description: 'The current session or key.', body: session } },
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
