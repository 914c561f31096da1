// Also the characters that reverse the direction of text.
const NOT_PRINTED = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu;

/** Returns text of customers on one line, at most `maxLength` characters, so that it forges neither lines nor headers of a message. */
export function plainLine(text: string, maxLength: number): string {
  const line = text.replaceAll(NOT_PRINTED, ' ').trim();
  if (line.length <= maxLength) return line;
  // Not half of a surrogate pair.
  return `${line.slice(0, maxLength - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
