export interface ContainsText {
  contains: string;
  mode: 'insensitive';
}

/** What has `text` in it, in upper or lower case. Every character stands for itself. */
export function containsText(text: string): ContainsText {
  return { contains: text.replaceAll(/[\\%_]/g, String.raw`\$&`), mode: 'insensitive' };
}
