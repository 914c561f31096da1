import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether an Authorization header opens /metrics; everything does where there is no token. */
export function isMetricsToken(token: string | null, authorization: string | undefined): boolean {
  return token === null || timingSafeEqual(digest(`Bearer ${token}`), digest(authorization ?? ''));
}

/** Digests have one length, as the comparison in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
