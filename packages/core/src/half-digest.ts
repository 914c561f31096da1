import { createHash } from 'node:crypto';

/** Returns half of the SHA-256 of a text, as a UUID. */
export function halfDigest(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
