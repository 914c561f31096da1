/**
 * The URL that a text is, null when it is none. `URL.canParse` of Node 20 must not be asked: once it is hot it takes
 * names with letters such as ü for no URL.
 */
export function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
