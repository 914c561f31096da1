import { z } from 'zod';
import { DROPPED_KEY, isJsonObject } from './json-value.js';

export const MAX_HEADERS = 20;
export const MAX_HEADER_VALUE_LENGTH = 1024;

/** Headers of the connection, the body and the signature. */
const RESERVED = new Set([
  'host',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
]);

/** A token (RFC 9110, section 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** Printable ASCII without leading or trailing spaces, which HTTP strips. */
const VALUE = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

/** Returns why a webhook cannot set a header, or null if it can. */
export function headerProblem(name: string, value: string): string | null {
  if (!NAME.test(name) || name === DROPPED_KEY) return 'is not a valid header name';
  const lowerCase = name.toLowerCase();
  if (RESERVED.has(lowerCase) || lowerCase.startsWith('proxy-')) return 'is reserved for Posthorn';
  if (value.length > MAX_HEADER_VALUE_LENGTH)
    return `must be at most ${MAX_HEADER_VALUE_LENGTH} characters long`;
  if (!VALUE.test(value)) return 'must be printable ASCII without leading or trailing spaces';
  return null;
}

/** The custom request headers of a webhook, by name. Not `z.record`, which drops the key `__proto__`. */
export const customHeaders = z
  .custom<Record<string, string>>(isJsonObject, 'must be an object')
  .superRefine((headers, context) => {
    const entries: [string, unknown][] = Object.entries(headers);
    if (entries.length > MAX_HEADERS) context.addIssue(`must have at most ${MAX_HEADERS} headers`);
    const seen = new Set<string>();
    for (const [name, value] of entries) {
      const problem = seen.has(name.toLowerCase()) ? 'must not occur twice' : entryProblem(name, value);
      if (problem !== null) context.addIssue({ code: 'custom', path: [name], message: problem });
      seen.add(name.toLowerCase());
    }
  })
  .meta({
    type: 'object',
    propertyNames: { pattern: NAME.source },
    additionalProperties: { type: 'string', maxLength: MAX_HEADER_VALUE_LENGTH, pattern: VALUE.source },
    maxProperties: MAX_HEADERS,
    description:
      'Custom headers, added to every request; to the one that validates the URL only if `headersApproved` is true. They are stored ' +
      'encrypted; responses contain only their names.',
    example: { 'x-api-version': '2026-01' },
  });

const entryProblem = (name: string, value: unknown): string | null =>
  typeof value === 'string' ? headerProblem(name, value) : 'must be a string';
