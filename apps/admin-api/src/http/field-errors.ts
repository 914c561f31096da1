import type { FieldError } from '@posthorn/core';
import type { z } from 'zod';

/** Maximum number of errors in one response. */
const MAX_ERRORS = 100;

/** A field error as clients receive it. */
export type ReportedError = Required<FieldError>;

/** Completes the field errors of a failure for a response. */
export function reportedErrors({ code: failure, errors }: Failure): ReportedError[] | undefined {
  const rule = failure === 'schema_violation' ? 'schema' : 'invalid';
  return errors
    ?.slice(0, MAX_ERRORS)
    .map(({ path, code = rule, params = {}, message }) => ({ path, code, params, message }));
}

interface Failure {
  code: string;
  errors: readonly FieldError[] | undefined;
}

/** Returns one error per invalid field. The issues contain their input. */
export const fieldErrors = (error: z.ZodError): FieldError[] =>
  error.issues.slice(0, MAX_ERRORS).flatMap(toFieldErrors);

function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'invalid_union') {
    // Of an alternative that only has wrong parts, the parts are more helpful.
    const meant = issue.errors.find((issues) => issues.every(({ path }) => path.length > 0));
    if (meant)
      return meant.flatMap((part) => toFieldErrors({ ...part, path: [...issue.path, ...part.path] }));
  }
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField([...issue.path, key]));
  return [{ path: pathOf(issue.path), ...ruleOf(issue), message: issue.message }];
}

const unknownField = (path: readonly PropertyKey[]): FieldError => ({
  path: pathOf(path),
  code: 'unknown_field',
  message: 'is not a known field',
});

/** Returns the rule that an issue reports. */
function ruleOf(issue: z.core.$ZodIssue): Pick<FieldError, 'code' | 'params'> {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? { code: 'required' }
        : { code: 'invalid_type', params: { expected: issue.expected } };
    case 'too_small':
      return { code: 'too_small', params: { minimum: Number(issue.minimum) } };
    case 'too_big':
      return { code: 'too_big', params: { maximum: Number(issue.maximum) } };
    case 'invalid_value':
      return { code: 'invalid_value', params: { allowed: issue.values } };
    case 'invalid_format':
      return { code: 'invalid_format', params: { format: issue.format } };
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return {};
  }
}

/** Maximum length of a reported path, which contains names sent by the client. */
const MAX_PATH_LENGTH = 200;

/** Formats a path: `['eventTypes', 0]` → `eventTypes[0]`. */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>((before, part) => {
    if (typeof part === 'number') return `${before}[${part}]`;
    return before === '' ? String(part) : `${before}.${String(part)}`;
  }, '');
  return text.slice(0, MAX_PATH_LENGTH);
}
