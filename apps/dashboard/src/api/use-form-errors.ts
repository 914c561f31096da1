import { useEffect, useEffectEvent } from 'react';
import { toFormErrors } from './form-errors.js';
import { toProblem } from './problem.js';

interface Form {
  setErrors: (errors: Record<string, string>) => void;
}

/** Sets the API's errors on the fields of a form. Returns the messages that match no field. */
export function useFormErrors(form: Form, error: unknown, fieldNames: readonly string[]): string[] {
  const map = (failure: unknown) =>
    failure ? toFormErrors(toProblem(failure), fieldNames) : { fields: {}, rest: [] };
  const setErrors = useEffectEvent((failure: unknown) => form.setErrors(map(failure).fields));
  useEffect(() => setErrors(error), [error]);
  return map(error).rest;
}
