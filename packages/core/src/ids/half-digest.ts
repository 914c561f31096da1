import { createHash, createHmac } from 'node:crypto';

/** Returns half of the SHA-256 of a text, as a UUID. */
export const halfDigest = (text: string): string => toUuid(createHash('sha256').update(text).digest('hex'));

/** Returns half of the HMAC-SHA-256 of a digest, as a UUID. */
export const keyedDigest = (digest: string, key: Buffer): string =>
  toUuid(createHmac('sha256', key).update(digest).digest('hex'));

const toUuid = (hex: string): string => hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
