import { type FieldProblem, fieldProblem } from '../messages/field-error.js';
import { textAt } from '../json/json-text.js';
import { JSON_POINTER, pointerPath } from '../json/json-pointer.js';
import type { EventFields } from './event-fields.js';
import { unknownPlaceholder } from './unknown-placeholder.js';

/** Longest body, in characters. A template can contain the data several times. */
export const MAX_FORMATTED_BODY_LENGTH = 1024 * 1024;

/** Maximum number of placeholders of a template. */
const MAX_BODY_PLACEHOLDERS = 32;

/**
 * A JSON string, or a placeholder outside of strings: no JSON text has a letter after a brace. A string without its last quote is a
 * token too: if it were not, each later quote would be the start of another search to the end, in quadratic time.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"?|\{[A-Za-z][^{}"]*\}/g;
const PLACEHOLDER = /\{([A-Za-z][^{}"]*)\}/g;

/** A placeholder and the literal text before it. */
interface Segment {
  before: string;
  /** Returns the JSON text of the value; undefined if the event has none. */
  read: (event: EventFields) => string | undefined;
  /** Inside of a string, the value becomes a part of it. */
  inString: boolean;
}

/** The names of the placeholders. `data./…` is a JSON Pointer. */
const KNOWN = ['id', 'type', 'timestamp', 'tenantId', 'data', 'data./…'];

export interface BodyTemplate {
  segments: readonly Segment[];
  after: string;
}

/** Parses a template. Returns the problem if it is wrong: then it could give a body that is not JSON. */
export function parseBodyTemplate(template: string): BodyTemplate | { problem: FieldProblem } {
  const segments: Segment[] = [];
  let literalStart = 0;
  let sample = '';
  for (const { index: tokenStart, 0: token } of template.matchAll(TOKEN)) {
    const inString = token.startsWith('"');
    for (const { index, 0: placeholder, 1: name = '' } of token.matchAll(PLACEHOLDER)) {
      const read = readerOf(name);
      if (read === null) return { problem: unknownPlaceholder(name, KNOWN) };
      const before = template.slice(literalStart, tokenStart + index);
      segments.push({ before, read, inString });
      sample += before + (inString ? '' : 'null');
      literalStart = tokenStart + index + placeholder.length;
    }
  }
  if (segments.length > MAX_BODY_PLACEHOLDERS)
    return { problem: fieldProblem('too_many_placeholders', { max: MAX_BODY_PLACEHOLDERS }) };
  const after = template.slice(literalStart);
  return isJson(sample + after) ? { segments, after } : { problem: fieldProblem('not_json_template') };
}

/** Returns the body for an event, or null if it is longer than `MAX_FORMATTED_BODY_LENGTH`. */
export function renderBody({ segments, after }: BodyTemplate, event: EventFields): string | null {
  let body = '';
  for (const { before, read, inString } of segments) {
    const json = read(event);
    body += before + (inString ? stringPart(json) : (json ?? 'null'));
    if (body.length > MAX_FORMATTED_BODY_LENGTH) return null;
  }
  return body.length + after.length > MAX_FORMATTED_BODY_LENGTH ? null : body + after;
}

/** Returns a JSON text as a part of a JSON string. Strings are inserted without quotes; a missing value is empty. */
function stringPart(json = ''): string {
  return json.startsWith('"') ? json.slice(1, -1) : JSON.stringify(json).slice(1, -1);
}

function readerOf(name: string): Segment['read'] | null {
  switch (name) {
    case 'id':
    case 'type':
    case 'timestamp':
    case 'tenantId':
      return (event) => JSON.stringify(event[name]);
    case 'data':
      return ({ dataText }) => dataText;
    default:
      return dataReader(name);
  }
}

const DATA = 'data.';

function dataReader(name: string): Segment['read'] | null {
  const pointer = name.slice(DATA.length);
  if (!name.startsWith(DATA) || !JSON_POINTER.test(pointer)) return null;
  const path = pointerPath(pointer);
  return ({ dataText }) => textAt(dataText, path);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
