import { useEffect, useEffectEvent } from 'react';
import { toFormErrors } from './form-errors.js';
import { toProblem } from './problem.js';

interface Form {
  setErrors: (errors: Record<string, string>) => void;
}

/** Puts what the API said of the input onto the fields of a form, and answers with what belongs to none of them. */
export function useFormErrors(form: Form, error: unknown, fieldNames: readonly string[]): string[] {
  const sort = (failure: unknown) =>
    failure ? toFormErrors(toProblem(failure), fieldNames) : { fields: {}, rest: [] };
  const place = useEffectEvent((failure: unknown) => form.setErrors(sort(failure).fields));
  useEffect(() => place(error), [error]);
  return sort(error).rest;
}
