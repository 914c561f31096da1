export interface ContainsText {
  contains: string;
  mode: 'insensitive';
}

/** Returns a case-insensitive substring filter. Escapes LIKE wildcards in `text`. */
export function containsText(text: string): ContainsText {
  return { contains: text.replaceAll(/[\\%_]/g, String.raw`\$&`), mode: 'insensitive' };
}
