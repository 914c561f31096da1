import { inexactNumber } from '@posthorn/core/json';
import { t } from '../i18n/t.js';

/** Parses the text of a field for a JSON object. Returns null for an empty text and undefined for anything but an object. */
export function readJsonObject(text: string): Record<string, unknown> | null | undefined {
  if (text.trim() === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the error of a JSON field whose value is stored, or null. Rejects numbers that parsing would change. */
export function storedJsonError(text: string): string | null {
  return jsonObjectError(text) ?? inexactNumberError(text);
}

/** Returns an error for a number that parsing would change. */
export function inexactNumberError(json: string): string | null {
  const inexact = inexactNumber(json);
  return inexact === undefined
    ? null
    : t('The number {{number}} is too large or has too many digits; write it as a string.', {
        number: inexact,
      });
}

/** Validates a JSON field. */
export function jsonObjectError(text: string): string | null {
  return readJsonObject(text) === undefined ? notJsonObject() : null;
}

/** Returns the error of a JSON field without an object. */
export const notJsonObject = (): string => t('Enter a JSON object, such as {"id": "in_1"}.');

export function writeJson(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value, null, 2);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
