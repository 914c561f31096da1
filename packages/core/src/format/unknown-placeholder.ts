import { type FieldProblem, fieldProblem } from '../messages/field-error.js';

/** Returns what is wrong with a placeholder that a template does not know. @param known the names of those that it knows */
export const unknownPlaceholder = (name: string, known: readonly string[]): FieldProblem =>
  fieldProblem('unknown_placeholder', {
    placeholder: `{${name}}`,
    placeholders: known.map((each) => `{${each}}`).join(', '),
  });
