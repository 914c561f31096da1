import type { z } from 'zod';

const TYPE_NAMES: Record<string, string> = {
  array: 'an array',
  int: 'an integer',
  object: 'an object',
  record: 'an object',
};

/**
 * Returns the message for a missing value or one of the wrong type; other issues keep their own message. Every ingress
 * passes it to `safeParse` as `error`.
 */
export function typeError(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is required';
  return `must be ${TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`}`;
}
