import { type FieldProblem, fieldProblem } from '@posthorn/core';
import { z } from 'zod';
import { issueMessage, rule } from '../values/rule.js';
import { DROPPED_KEY, isJsonObject } from '../values/json-value.js';

export const MAX_HEADERS = 20;
export const MAX_HEADER_VALUE_LENGTH = 1024;

/** Headers of the connection and the body. */
const CONNECTION_HEADERS = [
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
];

/** Headers of the HTTP client and of proxies, which receivers rely on. `set-cookie` is a header of responses only. */
const CLIENT_HEADERS = ['accept-encoding', 'forwarded', 'set-cookie', 'user-agent', 'via', 'x-real-ip'];
const RESERVED_PREFIXES = ['proxy-', 'x-forwarded-'];

/** Names that custom headers cannot have, because the connection, the client, the body, the standard signature or the sequence number uses them. */
const RESERVED = new Set([
  ...CONNECTION_HEADERS,
  ...CLIENT_HEADERS,
  'webhook-id',
  'webhook-sequence',
  'webhook-signature',
  'webhook-timestamp',
]);

/** A format cannot have headers with credentials, which are only in encrypted headers, of the trace, or of the sequence number. */
const RESERVED_IN_FORMATS = new Set([
  ...CONNECTION_HEADERS,
  ...CLIENT_HEADERS,
  'authorization',
  'cookie',
  'traceparent',
  'tracestate',
  'webhook-sequence',
]);

/** A token (RFC 9110, section 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

export const FORMAT_HEADER_NAME = NAME;

/** Printable ASCII without leading or trailing spaces, which HTTP strips. */
const VALUE = /^(?:[!-~](?:[ -~]*[!-~])?)?$/;

/** Returns why a webhook cannot set a header, or null if it can. */
export function headerProblem(name: string, value: string): FieldProblem | null {
  return nameProblem(name, RESERVED) ?? valueProblem(value);
}

/** Returns why a format cannot set a header, or null if it can. */
export function formatHeaderProblem(name: string, value = ''): FieldProblem | null {
  return nameProblem(name, RESERVED_IN_FORMATS) ?? valueProblem(value);
}

/** Returns whether reserved headers begin with a prefix, so that a format cannot have it. */
export function canPrefixReserved(prefix: string): boolean {
  const start = prefix.toLowerCase();
  return (
    [...RESERVED_IN_FORMATS, ...RESERVED_PREFIXES].some((reserved) => reserved.startsWith(start)) ||
    RESERVED_PREFIXES.some((reserved) => start.startsWith(reserved))
  );
}

function nameProblem(name: string, reserved: ReadonlySet<string>): FieldProblem | null {
  if (!NAME.test(name) || name === DROPPED_KEY) return fieldProblem('not_header_name');
  const lowerCase = name.toLowerCase();
  const isReserved =
    reserved.has(lowerCase) || RESERVED_PREFIXES.some((prefix) => lowerCase.startsWith(prefix));
  return isReserved ? fieldProblem('reserved_header') : null;
}

function valueProblem(value: string): FieldProblem | null {
  if (value.length > MAX_HEADER_VALUE_LENGTH)
    return fieldProblem('too_long', { max: MAX_HEADER_VALUE_LENGTH });
  return VALUE.test(value) ? null : fieldProblem('not_trimmed');
}

interface HeaderRules {
  max: number;
  problemOf: (name: string, value: string) => FieldProblem | null;
}

/** Request headers, by name. Not `z.record`, which drops the key `__proto__`. */
export const headerRecord = ({ max, problemOf }: HeaderRules) =>
  z
    .custom<Record<string, string>>(isJsonObject, rule('not_an_object'))
    .superRefine((headers, context) => {
      const entries: [string, unknown][] = Object.entries(headers);
      if (entries.length > max) context.addIssue(rule('too_many_entries', { max }));
      const seen = new Set<string>();
      for (const [name, value] of entries) {
        const isRepeated = seen.has(name.toLowerCase());
        const problem = isRepeated ? fieldProblem('duplicate') : entryProblem(name, value, problemOf);
        if (problem !== null)
          context.addIssue({ code: 'custom', path: [name], message: issueMessage(problem) });
        seen.add(name.toLowerCase());
      }
    })
    .meta({
      type: 'object',
      propertyNames: { pattern: NAME.source },
      additionalProperties: { type: 'string', maxLength: MAX_HEADER_VALUE_LENGTH, pattern: VALUE.source },
      maxProperties: max,
    });

/** The custom request headers of a webhook. */
export const customHeaders = headerRecord({ max: MAX_HEADERS, problemOf: headerProblem }).meta({
  description:
    'Custom headers, added to every request; to the one that validates the URL only if `headersApproved` is true. They are stored ' +
    'encrypted; responses contain only their names.',
  example: { 'x-api-version': '2026-01' },
});

const entryProblem = (
  name: string,
  value: unknown,
  problemOf: HeaderRules['problemOf'],
): FieldProblem | null => (typeof value === 'string' ? problemOf(name, value) : fieldProblem('not_a_string'));
