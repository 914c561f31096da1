import { createHash } from 'node:crypto';
import type { HashingSealer } from '@posthorn/core';
import { parseCookie, stringifySetCookie } from 'cookie';
import { z } from 'zod';
import type { SignInSecrets } from './identity-provider.js';

/** A sign-in that is in progress, in a cookie of the browser that began it. Each tab has its own. */
export interface PendingSignIn extends SignInSecrets {
  /** The path to return to. */
  next: string;
  /** The time of the database, which is also the time of a logout. */
  begunAtMs: number;
}

const pendingSignIn = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  next: z.string(),
  begunAtMs: z.number(),
});

/** How long a sign-in may take, in seconds. */
export const MAX_SIGN_IN_S = 600;

/** Maximum number of sign-ins in progress in a browser, which sends their cookies with each request. */
const MAX_PENDING = 4;

const CONTEXT = 'single-sign-on';
const HASH_LENGTH = 12;

/** As the cookie of the session: no other host of the domain can set it. */
const prefixOf = (isSecure: boolean): string => `${isSecure ? '__Host-' : ''}posthorn_sso_`;

function nameOf(state: string, isSecure: boolean): string {
  const hash = createHash('sha256').update(state).digest('base64url');
  return prefixOf(isSecure) + hash.slice(0, HASH_LENGTH);
}

type Seal = Pick<HashingSealer, 'seal' | 'open'>;

/** The cookies of a request. */
export interface SentCookies {
  header: string | undefined;
  isSecure: boolean;
}

/**
 * Returns Set-Cookie headers that keep a sign-in, and remove the oldest one if the browser has too many. The browser sends the cookie when
 * the identity provider redirects to the callback.
 */
export function setSignInCookie(
  pending: PendingSignIn,
  sealer: Seal,
  { header, isSecure }: SentCookies,
): string[] {
  const value = sealer.seal(JSON.stringify(pending), CONTEXT);
  const name = nameOf(pending.state, isSecure);
  // Browsers send the oldest cookie first.
  const sent = Object.keys(parseCookie(header ?? '')).filter((each) => each.startsWith(prefixOf(isSecure)));
  const surplus = sent.slice(0, Math.max(0, sent.length - (MAX_PENDING - 1)));
  return [
    ...surplus.map((each) => removeCookie(each, isSecure)),
    stringifySetCookie({ ...attributes(isSecure), name, value, maxAge: MAX_SIGN_IN_S }),
  ];
}

/** Returns a Set-Cookie header that removes the sign-in with this state. */
export const clearSignInCookie = (state: string, isSecure: boolean): string =>
  removeCookie(nameOf(state, isSecure), isSecure);

const removeCookie = (name: string, isSecure: boolean): string =>
  stringifySetCookie({ ...attributes(isSecure), name, value: '', maxAge: 0 });

const attributes = (secure: boolean) => ({ httpOnly: true, sameSite: 'lax', path: '/', secure }) as const;

/** Returns the sign-in of the browser with this state, or null. */
export function readSignInCookie(
  state: string,
  sealer: Seal,
  { header, isSecure }: SentCookies,
): PendingSignIn | null {
  const sealed = parseCookie(header ?? '')[nameOf(state, isSecure)];
  if (!sealed) return null;
  try {
    return pendingSignIn.parse(JSON.parse(sealer.open(sealed, CONTEXT)));
  } catch {
    return null;
  }
}
