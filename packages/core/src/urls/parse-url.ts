/**
 * Parses a URL. Returns null if `text` is not a valid URL. Do not use `URL.canParse` instead: in Node 20, once it is
 * optimized, it returns false for host names with non-ASCII letters such as ü.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Returns the origin of a URL, or null if it cannot be a source in a header such as Content-Security-Policy: a host may contain ; , and '. */
export function headerOrigin({ origin }: URL): string | null {
  return /^https?:\/\/[\w.:[\]-]+$/.test(origin) ? origin : null;
}

/**
 * Parses the URL of a server, with a user name and password. Returns null if they are not percent-encoded: the URL would be
 * parsed, but with a part of the password as its host, and appear in messages.
 */
export function parseServerUrl(text: string): URL | null {
  const url = parseUrl(text);
  if (!url || `${url.pathname}${url.search}${url.hash}`.includes('@')) return null;
  return isDecodable(url.username) && isDecodable(url.password) ? url : null;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
