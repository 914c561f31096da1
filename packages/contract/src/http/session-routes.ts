import { z } from 'zod';
import { apiKey } from './account-routes.js';
import { timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';

/** Name of the cookie that stands for a session. */
export const SESSION_COOKIE = 'posthorn_session';

const session = z
  .strictObject({
    apiKey: apiKey
      .pick({ id: true, name: true, prefix: true, scopes: true, tenantId: true })
      .meta({ description: 'The key that was signed in with, or that asks.' }),
    expiresAt: timestamp.nullable().meta({ description: 'Null: a key that ends when it is revoked.' }),
  })
  .meta({ id: 'Session' });

export type SessionAnswer = z.input<typeof session>;

export const signInBody = z.strictObject({
  key: z.string().max(512).meta({ description: 'An API key.', example: 'phk_…' }),
});

const sessions = { tag: 'Session', path: '/v1/session', scope: null, tenancy: 'self' } as const;

export const sessionRoutes = {
  createSession: {
    ...sessions,
    method: 'post',
    summary: 'Sign in',
    description:
      'For pages of the same origin: sets a cookie that does what the key does, for 12 hours and no longer than the key lives.',
    keyInBody: true,
    idempotency: 'none',
    maxBodyBytes: 4096,
    body: signInBody,
    answers: {
      200: { description: 'Signed in. The cookie is HttpOnly and SameSite=Strict.', body: session },
    },
  },
  getSession: {
    ...sessions,
    method: 'get',
    summary: 'Tell who asks',
    answers: { 200: { description: 'The key, and when it ends.', body: session } },
  },
  deleteSession: {
    ...sessions,
    method: 'delete',
    summary: 'Sign out',
    description: 'Ends the session at once, or the link to the portal. A key itself is ended by revoking it.',
    answers: { 204: { description: 'Ended. The cookie is taken back.', body: null } },
    errors: ['invalid_state'],
  },
} as const satisfies Record<string, RouteDefinition>;
