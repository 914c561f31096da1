export interface Containing {
  contains: string;
  mode: 'insensitive';
}

/** What has `text` in it, in upper or lower case. Every character stands for itself. */
export function containing(text: string): Containing {
  return { contains: text.replaceAll(/[\\%_]/g, String.raw`\$&`), mode: 'insensitive' };
}
