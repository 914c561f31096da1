import type { FieldError } from '@posthorn/core';

/** Maximum number of errors reported for one schema, and maximum length of a path. Paths contain names chosen by the client. */
const MAX_ERRORS = 20;
const MAX_PATH_LENGTH = 200;

/** A schema cannot be used. Paths start with `schema`. */
export class SchemaError extends Error {
  readonly errors: FieldError[];

  constructor(errors: readonly FieldError[]) {
    super(errors.map(({ path, message }) => `${path} ${message}`).join(', '));
    this.errors = errors
      .slice(0, MAX_ERRORS)
      .map(({ path, message }) => ({ path: path.slice(0, MAX_PATH_LENGTH), message }));
  }
}
