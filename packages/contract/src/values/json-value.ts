import { z } from 'zod';
import { rule } from './rule.js';
import { isStorable } from './text.js';

export type JsonObject = Record<string, unknown>;

/** Maximum nesting of a JSON value. Serializing a deeper value could overflow the stack. */
export const MAX_JSON_DEPTH = 100;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns whether a parsed JSON value is nested at most `depth` levels. */
export function isNestedWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isNestedWithin(inner, depth - 1));
}

/** A JSON object, passed on by reference. `z.record` would copy it and drop the key `__proto__`. */
export const jsonObject = z
  .custom<JsonObject>(isJsonObject, rule('not_json_object'))
  .refine((value) => isNestedWithin(value, MAX_JSON_DEPTH), rule('too_deep', { max: MAX_JSON_DEPTH }))
  .meta({ type: 'object', additionalProperties: true });

/**
 * A JSON object that can be stored in a jsonb column.
 *
 * @param maxBytes maximum size of its JSON text
 */
export const storedJson = (maxBytes: number) =>
  jsonObject
    .refine(isStorableJson, rule('not_storable'))
    .refine((value) => !hasDroppedKey(value), rule('dropped_key', { key: DROPPED_KEY }))
    .refine(
      // A value that is nested too deeply was rejected above and cannot be serialized.
      (value) =>
        !isNestedWithin(value, MAX_JSON_DEPTH) || Buffer.byteLength(JSON.stringify(value)) <= maxBytes,
      rule('too_many_json_bytes', { max: maxBytes }),
    );

/** A key that libraries drop silently when they copy an object, because an assignment to it sets the prototype. */
export const DROPPED_KEY = '__proto__';

function hasDroppedKey(value: unknown, depth = MAX_JSON_DEPTH): boolean {
  if (typeof value !== 'object' || value === null || depth === 0) return false;
  return Object.entries(value).some(([key, inner]) => key === DROPPED_KEY || hasDroppedKey(inner, depth - 1));
}

function isStorableJson(value: unknown, depth = MAX_JSON_DEPTH): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null || depth === 0) return true;
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorableJson(inner, depth - 1));
}
