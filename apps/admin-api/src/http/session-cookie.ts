import { SESSION_COOKIE } from '@posthorn/contract';
import { parseCookie, stringifySetCookie } from 'cookie';

/** A browser takes a cookie of such a name only when it is for this host alone, and comes over TLS. */
const nameOf = (isSecure: boolean): string => (isSecure ? `__Host-${SESSION_COOKIE}` : SESSION_COOKIE);

/** The token of the session that a request belongs to. */
export function sessionTokenOf(header: string | undefined, isSecure: boolean): string | undefined {
  return header === undefined ? undefined : parseCookie(header)[nameOf(isSecure)];
}

/** Sets the cookie until the session ends. No script can read it, and no page of another site makes the browser send it. */
export function setSessionCookie(token: string, expires: Date, isSecure: boolean): string {
  return stringifySetCookie({ ...attributes(isSecure), value: token, expires });
}

export function clearSessionCookie(isSecure: boolean): string {
  return stringifySetCookie({ ...attributes(isSecure), value: '', maxAge: 0 });
}

const attributes = (secure: boolean) =>
  ({ name: nameOf(secure), httpOnly: true, sameSite: 'strict', path: '/', secure }) as const;
