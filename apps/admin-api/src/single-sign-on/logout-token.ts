import { z } from 'zod';
import { CLOCK_TOLERANCE_S } from './discovery.js';
import { identifier } from './identity.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.4). An ID token has a nonce. */
const logoutClaims = z
  .looseObject({
    jti: identifier,
    iat: z.number(),
    sub: identifier.optional(),
    sid: identifier.optional(),
    events: z.looseObject({ [EVENT]: z.looseObject({}) }),
    nonce: z.undefined().optional(),
  })
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined, 'sub or sid is required');

/** The sessions that the identity provider ends. */
export interface LogoutClaims {
  jti: string;
  subject: string | null;
  sid: string | null;
}

/** Returns what the claims of a verified logout token end. @throws Error if the token is no logout token, or not fresh */
export function logoutOf(claims: unknown, nowMs: number): LogoutClaims {
  const { jti, iat, sub = null, sid = null } = logoutClaims.parse(claims);
  if (Math.abs(nowMs / 1000 - iat) > CLOCK_TOLERANCE_S) throw new Error('The logout token is not fresh');
  return { jti, subject: sub, sid };
}
