import { errorText, type FieldError } from '@posthorn/core';

/** Maximum number of errors reported for one schema. */
const MAX_ERRORS = 20;

/** A schema cannot be used. Paths start with `schema`. */
export class SchemaError extends Error {
  readonly errors: FieldError[];

  constructor(errors: readonly FieldError[]) {
    super(errors.map(errorText).join(', '));
    this.errors = errors.slice(0, MAX_ERRORS);
  }
}
