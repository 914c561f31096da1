import { fieldError, PosthornError, SYSTEM_TENANT_ID } from '@posthorn/core';

const ALL_OPERATIONAL = 'posthorn.*';

/**
 * Returns the patterns that a webhook of the tenant subscribes to. In the system scope, `*` stands for all operational events.
 * @throws PosthornError if a webhook of the system scope subscribes to others, which it would never receive
 */
export function allowedPatterns(tenantId: string, patterns: readonly string[]): readonly string[] {
  if (tenantId !== SYSTEM_TENANT_ID) return patterns;
  const errors = patterns.flatMap((pattern, index) =>
    pattern === '*' || pattern.startsWith('posthorn.')
      ? []
      : [fieldError(`eventTypes[${index}]`, 'not_operational')],
  );
  if (errors.length > 0) throw new PosthornError('invalid_input', { errors });
  return [...new Set(patterns.map((pattern) => (pattern === '*' ? ALL_OPERATIONAL : pattern)))];
}
