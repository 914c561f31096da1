import { parseUrl, PosthornError } from '@posthorn/core';
import type { Request } from 'express';
import { sessionTokenOf } from './session-cookie.js';

/** What a request shows to be known by. */
export interface Credential {
  text: string;
  by: 'bearer' | 'cookie' | 'body';
}

const BEARER = /^Bearer +(\S{1,512})$/i;

/**
 * The bearer of a request, or else its cookie; null when it has neither.
 * @throws PosthornError when it has the cookie because a page of another site made the browser send it
 */
export function credentialOf(request: Request, publicOrigin: string | null): Credential | null {
  const { authorization, cookie } = request.headers;
  if (authorization !== undefined) return { text: BEARER.exec(authorization)?.[1] ?? '', by: 'bearer' };
  const token = sessionTokenOf(cookie, request.secure);
  if (token === undefined) return null;
  if (!isOfOwnPage(request, publicOrigin)) throw new PosthornError('cross_site_request');
  return { text: token, by: 'cookie' };
}

/**
 * Whether a page of ours, or the user, made the request, as far as the browser tells. A second wall behind SameSite, which
 * takes other hosts of the same domain for friends. Over plain http browsers send no Sec-Fetch-Site, but the origin.
 */
function isOfOwnPage(request: Request, publicOrigin: string | null): boolean {
  const site = request.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const origin = request.get('origin');
  return origin === undefined || origin === originOf(request) || origin === publicOrigin;
}

/** Where the client sees this API: `https://hooks.example`. Null when the Host header names no host. */
export function originOf({ protocol, host }: Request): string | null {
  return parseUrl(`${protocol}://${host}`)?.origin ?? null;
}
