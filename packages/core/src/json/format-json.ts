const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/** A deeper text is not formatted: the indentation of a text of 64 KB could take gigabytes. */
const MAX_DEPTH = 100;

/**
 * Formats a JSON text as `JSON.stringify(value, null, 2)` does, but leaves numbers, escapes and duplicate keys as they are. Returns a
 * text that is nested deeper than 100 levels unchanged.
 */
export function formatJson(json: string): string {
  let formatted = '';
  let depth = 0;
  let previous = '';
  for (const token of tokensOf(json)) {
    if (CLOSING.has(token)) {
      depth -= 1;
      if (!OPENING.has(previous)) formatted += newline(depth);
    } else if (OPENING.has(previous) || previous === ',') formatted += newline(depth);
    else if (previous === ':') formatted += ' ';
    formatted += token;
    if (OPENING.has(token)) depth += 1;
    if (depth > MAX_DEPTH) return json;
    previous = token;
  }
  return formatted;
}

/** Returns a JSON text without white space between its tokens. */
export function compactJson(json: string): string {
  return tokensOf(json).join('');
}

const tokensOf = (json: string): string[] => json.match(TOKEN) ?? [];

const newline = (depth: number): string => `\n${'  '.repeat(depth)}`;
