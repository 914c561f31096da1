import type { ApiProblem } from '../problems/problem.js';

export interface FormErrors {
  /** Messages by the @mantine/form path of the field: `eventTypes.0`. */
  fields: Record<string, string>;
  /** Messages that match no field of the form. */
  rest: string[];
}

/**
 * Maps the errors of an API problem to the fields of a form. An error below a field, such as an error of one list entry, maps to the
 * nearest field that the form has.
 */
export function toFormErrors(problem: ApiProblem, fieldNames: readonly string[]): FormErrors {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const { path, message } of problem.errors) {
    const formPath = toFormPath(path);
    const field = nearestField(formPath, fieldNames);
    if (field === undefined) {
      rest.push(path === '' ? message : `${path}: ${message}`);
      continue;
    }
    const text = [memberBelow(formPath, field), message].filter(Boolean).join(': ');
    fields[field] = field in fields ? `${fields[field]}; ${text}` : text;
  }
  if (problem.errors.length === 0) rest.push(problem.detail ?? problem.title);
  return { fields, rest };
}

/** `eventTypes[0].name` → `eventTypes.0.name` */
function toFormPath(path: string): string {
  return path.replaceAll(/\[(\d+)\]/g, '.$1');
}

/** Returns the path below the field: `id` of `example.id`. Omits list indexes, which mean nothing to users. */
function memberBelow(path: string, field: string): string {
  const below = path.slice(field.length + 1);
  return /^(?:\d|$)/.test(below) ? '' : below;
}

function nearestField(path: string, fieldNames: readonly string[]): string | undefined {
  for (let candidate = path; candidate !== ''; candidate = parentOf(candidate)) {
    if (fieldNames.includes(candidate)) return candidate;
  }
  return undefined;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}
