import { createHash, timingSafeEqual } from 'node:crypto';

/** Returns whether an Authorization header grants access to /metrics. Without a token, every request has access. */
export function isMetricsToken(token: string | null, authorization: string | undefined): boolean {
  return token === null || timingSafeEqual(digest(`Bearer ${token}`), digest(authorization ?? ''));
}

/** Digests have equal lengths, which the constant-time comparison requires. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
