/** Longest event type or pattern, in characters. */
export const MAX_EVENT_TYPE_LENGTH = 128;

/** Dot-separated segments of letters, digits, `_` and `-`: `invoice.paid`. */
export const EVENT_TYPE = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * What a webhook may subscribe to: an event type, `prefix.*` for everything below a prefix, or `*` for everything but
 * Posthorn's own events.
 */
export const EVENT_TYPE_PATTERN = /^(?:\*|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*(?:\.\*)?)$/;

/** Types that Posthorn itself sends; nobody else may publish them. */
export const RESERVED_EVENT_TYPE = /^(?:webhook\.validation|posthorn(?:\..*)?)$/;

/** Operational events, which tell of webhooks and deliveries. Only who asks for them by name gets them. */
const OPERATIONAL_EVENT_TYPE = /^posthorn(?:\.|$)/;

/** Whether an event of `type` is one that a subscription to `pattern` wants. */
export function matchesPattern(type: string, pattern: string): boolean {
  if (pattern === '*') return !isOperational(type);
  if (pattern.endsWith('.*')) return type.startsWith(pattern.slice(0, -1));
  return type === pattern;
}

/**
 * Every pattern that matches `type`, so that matching is an equality join: `a.b` → `*`, `a.*`, `a.b`. The same rule as
 * `matchesPattern`.
 */
export function patternsMatching(type: string): string[] {
  const segments = type.split('.');
  const prefixes = segments.slice(0, -1).map((_, index) => `${segments.slice(0, index + 1).join('.')}.*`);
  return [...(isOperational(type) ? [] : ['*']), ...prefixes, type];
}

function isOperational(type: string): boolean {
  return OPERATIONAL_EVENT_TYPE.test(type);
}
