import { parseUrl, PosthornError } from '@posthorn/core';
import type { Request } from 'express';
import { sessionTokenOf } from '../http/session-cookie.js';

/** The key in a request and where it was found. */
export interface Credential {
  text: string;
  by: 'bearer' | 'cookie' | 'body';
}

const BEARER = /^Bearer +(\S+)$/i;
const MAX_TOKEN_LENGTH = 512;

/**
 * Returns the bearer token of a request, or else its session cookie, or null.
 * @throws PosthornError if another site made the browser send the cookie
 */
export function credentialOf(request: Request, publicOrigin: string | null): Credential | null {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) return { text: bearerToken(authorization), by: 'bearer' };
  const token = sessionTokenOf(cookie, request.secure);
  if (token === undefined) return null;
  if (!isSameOrigin(request, publicOrigin)) throw new PosthornError('cross_site_request');
  return { text: token, by: 'cookie' };
}

function bearerToken(authorization: string): string {
  const token = BEARER.exec(authorization)?.[1] ?? '';
  return token.length > MAX_TOKEN_LENGTH ? '' : token;
}

/**
 * Returns whether our own page or the user made the request, according to the browser. Complements SameSite, which accepts
 * other hosts of the same domain. Over plain http browsers send Origin, but no Sec-Fetch-Site.
 */
function isSameOrigin(request: Request, publicOrigin: string | null): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = request.get('origin');
  return origin === undefined || origin === originOf(request) || origin === publicOrigin;
}

/** Returns the origin at which the client reached this API: `https://hooks.example`. Null if the Host header is invalid. */
export function originOf({ protocol, host }: Request): string | null {
  return parseUrl(`${protocol}://${host}`)?.origin ?? null;
}
