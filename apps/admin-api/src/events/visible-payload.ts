import { isJsonObject, isNestedWithin, MAX_JSON_DEPTH } from '@posthorn/contract';
import { EVENT_TYPE, redactData, REDACTED_VALUE } from '@posthorn/core';
import type { Redactions } from '@posthorn/database/events';

/** The fields of a push beside its data. */
const FIELDS: ReadonlySet<string> = new Set([
  'tenantId',
  'tenant',
  'idempotencyKey',
  'key',
  'occurredAt',
  'metadata',
  'orderingKey',
  'traceparent',
  'tracestate',
]);

/** The text of a push as it is shown. */
interface VisiblePush {
  payload: string;
  /** Whether values of it may be hidden. */
  isRedacted: boolean;
}

/**
 * Returns the stored text of a rejected push, as it may be seen by a caller from whom values are hidden. Of a type with redactions, shows
 * only the fields that a push has. Hides all of a push that cannot be read, since its data may be anywhere in it.
 */
export function visiblePush(stored: string, redactions: Redactions): VisiblePush {
  if (redactions.size === 0) return { payload: stored, isRedacted: false };
  const push = parse(stored);
  if (!isJsonObject(push)) return HIDDEN;
  const { type, payload } = push;
  if (typeof type !== 'string' || !EVENT_TYPE.test(type)) return HIDDEN;
  const pointers = redactions.get(type);
  if (!pointers) return { payload: stored, isRedacted: false };
  return { payload: JSON.stringify({ type, payload: redactFields(payload, pointers) }), isRedacted: true };
}

const HIDDEN: VisiblePush = { payload: REDACTED_VALUE, isRedacted: true };

function redactFields(payload: unknown, pointers: readonly string[]): unknown {
  if (!isJsonObject(payload)) return REDACTED_VALUE;
  return Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      name === 'data' ? redactValue(value, pointers) : FIELDS.has(name) ? value : REDACTED_VALUE,
    ]),
  );
}

/** @param data an object, or its JSON text */
function redactValue(data: unknown, pointers: readonly string[]): unknown {
  const parsed = typeof data === 'string' ? parse(data) : data;
  // Deeper data cannot be redacted.
  if (!isJsonObject(parsed) || !isNestedWithin(parsed, MAX_JSON_DEPTH)) return REDACTED_VALUE;
  return typeof data === 'string'
    ? redactData(data, pointers)
    : JSON.parse(redactData(JSON.stringify(data), pointers));
}

/** Returns undefined for a text that is not JSON, such as one that is cut off. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
