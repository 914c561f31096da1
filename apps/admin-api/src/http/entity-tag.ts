import { createHash } from 'node:crypto';
import { isJsonObject } from '@posthorn/contract';

/** Returns the entity tag of a resource with these fields. */
export function tagOf(fields: object): string {
  const digest = createHash('sha256').update(JSON.stringify(fields, sortKeys)).digest('base64url');
  return `"${digest.slice(0, TAG_LENGTH)}"`;
}

/** 132 bits. */
const TAG_LENGTH = 22;

/** For `JSON.stringify`: the keys of stored JSON have another order than the keys of the request. */
export const sortKeys = (_name: string, value: unknown): unknown =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;
