export interface JsonToken {
  kind: 'key' | 'string' | 'number' | 'word' | 'plain';
  text: string;
  /** Offset in the text. */
  at: number;
}

/** A string without its last quote, as at the end of an incomplete text, is a token too. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*"?)(\s*:)?|(-?\d[\d.eE+-]*)|(true|false|null)/g;

/** Splits a JSON text into tokens for syntax highlighting. The concatenated tokens equal the text. */
export function jsonTokens(json: string): JsonToken[] {
  const tokens: JsonToken[] = [];
  let end = 0;
  const add = (kind: JsonToken['kind'], text: string) => {
    if (text !== '') tokens.push({ kind, text, at: end });
    end += text.length;
  };
  for (const { index, 0: all, 1: string, 2: colon, 3: number } of json.matchAll(TOKEN)) {
    add('plain', json.slice(end, index));
    if (string === undefined) add(number === undefined ? 'word' : 'number', all);
    else add(colon === undefined ? 'string' : 'key', string);
    add('plain', colon ?? '');
  }
  add('plain', json.slice(end));
  return tokens;
}
