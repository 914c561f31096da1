/**
 * Clears the fields of a job that BullMQ cannot parse, in place, and returns their names.
 * @param fields alternating names and values, as Redis returns a hash
 */
export function repairJob(fields: unknown[]): string[] {
  const cleared: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const isValid = FIELD_CHECKS.get(fields[index]);
    if (!isValid || isValid(String(fields[index + 1]))) continue;
    cleared.push(String(fields[index]));
    fields[index + 1] = '';
  }
  return cleared;
}

/** The fields that BullMQ parses or increments, and the values that it accepts. */
const FIELD_CHECKS = new Map<unknown, (text: string) => boolean>([
  ['opts', isJsonObject],
  ['progress', (text) => parseJson(text) !== undefined],
  ['parent', isParent],
  ['atm', isCount],
  ['stc', isCount],
]);

function isCount(text: string): boolean {
  return /^\d{1,9}$/.test(text);
}

/** Returns whether `text` refers to the parent job of a BullMQ flow. */
function isParent(text: string): boolean {
  const parent = parseJson(text);
  return hasText(parent, 'id') && hasText(parent, 'queueKey');
}

function hasText(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'string';
}

function isJsonObject(text: string): boolean {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null;
}

/** Returns undefined when `text` is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
