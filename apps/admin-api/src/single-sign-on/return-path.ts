import { parseUrl } from '@posthorn/core';

/** A path is in the cookie of a sign-in, of which a browser can have several. */
const MAX_LENGTH = 1024;

/** Returns a path of the dashboard, so that no link to Posthorn leads to another site. Anything else becomes `/`. */
export function returnPath(next: string | undefined): string {
  if (next === undefined || !next.startsWith('/') || next.includes('\\')) return '/';
  const url = parseUrl(`https://dashboard.invalid${next}`);
  if (url?.origin !== 'https://dashboard.invalid' || url.pathname.startsWith('//')) return '/';
  const path = url.pathname + url.search + url.hash;
  return path.length > MAX_LENGTH ? '/' : path;
}
