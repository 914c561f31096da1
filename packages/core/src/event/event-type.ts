/** Maximum length of an event type or pattern, in characters. */
export const MAX_EVENT_TYPE_LENGTH = 128;

/** Dot-separated segments of letters, digits, `_` and `-`, such as `invoice.paid`. */
export const EVENT_TYPE = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * A subscription of a webhook: an event type, `prefix.*` for all types below a prefix, or `*` for all types except
 * operational events.
 */
export const EVENT_TYPE_PATTERN = /^(?:\*|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:\.\*)?)$/;

/** Event types that only Posthorn sends. Publishers cannot use them. */
export const RESERVED_EVENT_TYPE = /^(?:webhook\.validation|posthorn(?:\..*)?)$/;

/** Operational events, which report on webhooks and deliveries, and entries of the audit log. `*` does not match them. */
const OPERATIONAL_EVENT_TYPE = /^posthorn(?:\.|$)/;

/** Entries of the audit log, in the system scope. `posthorn.*` does not match them, either. */
const AUDIT_EVENT_TYPE = /^posthorn\.audit(?:\.|$)/;

const ALL_OPERATIONAL = 'posthorn.*';

/** Returns whether a subscription to `pattern` matches events of `type`. */
export function matchesPattern(type: string, pattern: string): boolean {
  if (pattern === '*') return !isOperational(type);
  if (pattern === ALL_OPERATIONAL && isAuditEvent(type)) return false;
  if (pattern.endsWith('.*')) return type.startsWith(pattern.slice(0, -1));
  return type === pattern;
}

/**
 * Returns every pattern that matches `type`, such as `*`, `a.*` and `a.b` for `a.b`. SQL can then match subscriptions
 * with an equality join. Agrees with `matchesPattern`.
 */
export function patternsMatching(type: string): string[] {
  const segments = type.split('.');
  const prefixes = segments.slice(0, -1).map((_, index) => `${segments.slice(0, index + 1).join('.')}.*`);
  const patterns = [...(isOperational(type) ? [] : ['*']), ...prefixes, type];
  return isAuditEvent(type) ? patterns.filter((pattern) => pattern !== ALL_OPERATIONAL) : patterns;
}

function isOperational(type: string): boolean {
  return OPERATIONAL_EVENT_TYPE.test(type);
}

export function isAuditEvent(type: string): boolean {
  return AUDIT_EVENT_TYPE.test(type);
}
