import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

const TYPE_NAMES: Record<string, string> = {
  array: 'an array',
  int: 'an integer',
  object: 'an object',
  record: 'an object',
};

/**
 * Returns the message for a value that is missing, of the wrong type, out of range or not one of the allowed values; other issues
 * keep the message of their schema. Every ingress passes it to `safeParse` as `error`.
 */
export function inputMessage(issue: Issue): string | undefined {
  const { code } = issue;
  if (code === 'invalid_type' && issue.input === undefined) return 'is required';
  if (code === 'invalid_type') return `must be ${TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`}`;
  if (code === 'too_small') return limitMessage(issue.origin, 'least', issue.minimum);
  if (code === 'too_big') return limitMessage(issue.origin, 'most', issue.maximum);
  if (code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
  if (code === 'invalid_format' && issue.format === 'email') return 'must be a valid email address';
  return undefined;
}

function limitMessage(origin: string, bound: 'least' | 'most', limit: number | bigint): string | undefined {
  switch (origin) {
    case 'string':
    case 'array':
      if (bound === 'least' && limit === 1) return 'must not be empty';
      return `must have at ${bound} ${limit} ${origin === 'string' ? 'characters' : 'items'}`;
    case 'number':
    case 'int':
      return `must be ${bound === 'least' ? '>=' : '<='} ${limit}`;
    default:
      return undefined;
  }
}
