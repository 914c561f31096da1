import { SESSION_COOKIE } from '@posthorn/contract';
import { parseCookie, stringifySetCookie } from 'cookie';

/** Browsers accept a `__Host-` cookie only over TLS and for this host alone. */
const nameOf = (isSecure: boolean): string => (isSecure ? `__Host-${SESSION_COOKIE}` : SESSION_COOKIE);

/** Returns the session token in a Cookie header. */
export function sessionTokenOf(header: string | undefined, isSecure: boolean): string | undefined {
  return header === undefined ? undefined : parseCookie(header)[nameOf(isSecure)];
}

/** Returns a Set-Cookie header that lasts until `expires`. Hidden from scripts, and not sent for other sites. */
export function setSessionCookie(token: string, expires: Date, isSecure: boolean): string {
  return stringifySetCookie({ ...attributes(isSecure), value: token, expires });
}

export function clearSessionCookie(isSecure: boolean): string {
  return stringifySetCookie({ ...attributes(isSecure), value: '', maxAge: 0 });
}

const attributes = (secure: boolean) =>
  ({ name: nameOf(secure), httpOnly: true, sameSite: 'strict', path: '/', secure }) as const;
