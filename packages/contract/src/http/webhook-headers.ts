import { z } from 'zod';

export const MAX_HEADERS = 20;
export const MAX_HEADER_VALUE_LENGTH = 1024;

/** Headers that belong to the connection, to the body, or to the signature. */
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

/** A token of RFC 9110, 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** Printable ASCII; no space at either end, where HTTP would take it away. */
const VALUE = /^(?! )[\x20-\x7e]*(?<! )$/;

/** Why a header cannot be set by a webhook, or null when it can. */
export function headerFault(name: string, value: string): string | null {
  if (!NAME.test(name)) return 'is not a valid header name';
  const lowerCase = name.toLowerCase();
  if (RESERVED.has(lowerCase) || lowerCase.startsWith('proxy-'))
    return 'is a header that Posthorn sets itself';
  if (value.length > MAX_HEADER_VALUE_LENGTH)
    return `must not be longer than ${MAX_HEADER_VALUE_LENGTH} characters`;
  if (!VALUE.test(value)) return 'must be printable ASCII without spaces at its ends';
  return null;
}

/** Headers that a webhook adds to its requests, by name. */
export const customHeaders = z
  .record(z.string(), z.string())
  .superRefine((headers, context) => {
    const names = Object.keys(headers);
    if (names.length > MAX_HEADERS) context.addIssue(`must not be more than ${MAX_HEADERS} headers`);
    const seen = new Set<string>();
    for (const name of names) {
      const fault = seen.has(name.toLowerCase()) ? 'is there twice' : headerFault(name, headers[name] ?? '');
      if (fault !== null) context.addIssue({ code: 'custom', path: [name], message: fault });
      seen.add(name.toLowerCase());
    }
  })
  .meta({
    description: 'Added to every request. Kept encrypted and never shown again; answers have only the names.',
    example: { 'x-api-version': '2026-01' },
  });
