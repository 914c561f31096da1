import {
  type FieldErrorCode,
  type FieldProblem,
  fieldProblem,
  type FIELD_MESSAGES,
  type ParamsOf,
} from '@posthorn/core';

/** Returns the message of a schema for values that break a rule. Issues carry only texts, so it is the problem as JSON: see `fieldErrors`. */
export const rule = <Code extends FieldErrorCode>(
  code: Code,
  ...params: ParamsOf<(typeof FIELD_MESSAGES)[Code]>
): string => issueMessage(fieldProblem(code, ...params));

/** Returns the message of an issue about a problem that was found by other code than a schema. */
export const issueMessage = (problem: FieldProblem): string => JSON.stringify(problem);

/** Returns the problem in the message of an issue, null if the message is from zod. */
export function problemIn(message: string): FieldProblem | null {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- `issueMessage` wrote it; the messages of zod are no JSON objects
  return message.startsWith('{') ? (JSON.parse(message) as FieldProblem) : null;
}
