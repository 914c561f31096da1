import { errorAt, type FieldError, fieldError, type FieldProblem, fieldProblem } from '@posthorn/core';
import type { z } from 'zod';
import { problemIn } from './rule.js';

type Issue = z.core.$ZodIssue;

/** Maximum number of errors of one input. */
const MAX_ERRORS = 100;

/** The options of every `safeParse` whose errors are reported by `fieldErrors`, which tells missing values by their input. */
export const REPORTED = { reportInput: true };

/** Returns one error per invalid field. */
export const fieldErrors = (error: z.ZodError): FieldError[] =>
  error.issues.slice(0, MAX_ERRORS).flatMap(toFieldErrors).slice(0, MAX_ERRORS);

/** Returns how many errors an input has, of which `fieldErrors` returns the first. */
export const countFieldErrors = (error: z.ZodError): number =>
  error.issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);

function toFieldErrors(issue: Issue): FieldError[] {
  if (issue.code === 'invalid_union') {
    // Of an alternative that only has wrong parts, the parts are more helpful.
    const meant = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
    if (meant)
      return meant.flatMap((part) => toFieldErrors({ ...part, path: [...issue.path, ...part.path] }));
  }
  if (issue.code === 'unrecognized_keys')
    return issue.keys
      .slice(0, MAX_ERRORS)
      .map((key) => fieldError(pathOf([...issue.path, key]), 'unknown_field'));
  return [errorAt(pathOf(issue.path), problemOf(issue))];
}

function problemOf(issue: Issue): FieldProblem {
  if (issue.code === 'invalid_type' && issue.input === undefined) return fieldProblem('required');
  return problemIn(issue.message) ?? problemOfKind(issue);
}

/** Returns the problem of an issue whose schema has no message. */
function problemOfKind(issue: Issue): FieldProblem {
  switch (issue.code) {
    case 'invalid_type':
      return typeProblem(issue.expected);
    case 'too_small':
      return tooSmall(issue.origin, Number(issue.minimum));
    case 'too_big':
      return tooBig(issue.origin, Number(issue.maximum));
    case 'invalid_value':
      return issue.values.length > 1
        ? fieldProblem('one_of', { choices: issue.values.join(', ') })
        : fieldProblem('constant', { value: String(issue.values[0]) });
    case 'invalid_format':
      return fieldProblem(issue.format === 'email' ? 'not_email' : 'invalid');
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return fieldProblem('invalid');
  }
}

function typeProblem(expected: string): FieldProblem {
  switch (expected) {
    case 'string':
      return fieldProblem('not_a_string');
    case 'number':
      return fieldProblem('not_a_number');
    case 'int':
      return fieldProblem('not_an_integer');
    case 'boolean':
      return fieldProblem('not_a_boolean');
    case 'object':
    case 'record':
      return fieldProblem('not_an_object');
    case 'array':
      return fieldProblem('not_an_array');
    default:
      return fieldProblem('type_mismatch', { types: expected });
  }
}

function tooSmall(origin: string, min: number): FieldProblem {
  if (origin !== 'string' && origin !== 'array') return fieldProblem('too_small', { limit: min });
  if (min === 1) return fieldProblem('empty');
  return fieldProblem(origin === 'string' ? 'too_short' : 'too_few_items', { min });
}

function tooBig(origin: string, max: number): FieldProblem {
  if (origin !== 'string' && origin !== 'array') return fieldProblem('too_big', { limit: max });
  return fieldProblem(origin === 'string' ? 'too_long' : 'too_many_items', { max });
}

/** Formats a path: `['eventTypes', 0]` → `eventTypes[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    return before === '' ? String(part) : `${before}.${String(part)}`;
  }, '');
}
