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
