import { parseUrl } from '@posthorn/core';
import { isRecorderUrl } from '../record/recorder-path.js';

/** Returns why a webhook of the source is not to be imported, or null. `excluded` are URLs: those below them are excluded. */
export function exclusionOf(url: string, excluded: readonly string[]): string | null {
  if (isRecorderUrl(url)) return 'it is an endpoint of posthorn record';
  return excluded.some((base) => isBelow(url, base)) ? 'excluded by --exclude' : null;
}

function isBelow(url: string, base: string): boolean {
  const [own, other] = [parseUrl(url), parseUrl(base)];
  if (!own || !other || own.origin !== other.origin) return false;
  const path = other.pathname;
  return own.pathname === path || own.pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}
