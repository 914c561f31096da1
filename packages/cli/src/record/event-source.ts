import { JSON_POINTER, pointerPath, textAt } from '@posthorn/core';
import { InvalidArgumentError } from 'commander';

/** Returns the id of the event of a request; null if it has none. */
export type EventSource = (headers: Readonly<Record<string, string>>, body: string) => string | null;

/** Parses where requests have the id of their event: `header:X-Event-Id` or `body:/id`, a JSON Pointer. */
export function eventSource(value: string): EventSource {
  const [, place, name = ''] = /^(header|body):(.+)$/.exec(value) ?? [];
  if (place === 'header') return (headers) => headers[name.toLowerCase()] || null;
  if (place !== 'body' || !JSON_POINTER.test(name))
    throw new InvalidArgumentError('Must be header:NAME or body:/POINTER, such as body:/id.');
  const path = pointerPath(name);
  return (_headers, body) => textIn(body, path);
}

/** Returns a string or number in a JSON text. */
function textIn(json: string, path: readonly string[]): string | null {
  try {
    JSON.parse(json);
  } catch {
    return null;
  }
  const text = textAt(json, path) ?? '';
  if (text.startsWith('"')) return String(JSON.parse(text)) || null;
  return /^-?\d/.test(text) ? text : null;
}
