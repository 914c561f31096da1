import { FIELD_MESSAGES, type FieldErrorCode } from './field-messages.js';
import { fillIn, type MessageParams, type ParamsOf } from './message-template.js';

/** What is wrong with a value. */
export interface FieldProblem {
  code: FieldErrorCode;
  /** The values in the message, such as a limit. */
  params: MessageParams;
  message: string;
}

export interface FieldError extends FieldProblem {
  /** The path of the field in the input, such as `eventTypes[0]`. Empty for the input as a whole. */
  path: string;
}

/** Returns a problem with its message. The only place that makes messages about fields. */
export function fieldProblem<Code extends FieldErrorCode>(
  code: Code,
  ...[params]: ParamsOf<(typeof FIELD_MESSAGES)[Code]>
): FieldProblem {
  const values: MessageParams = params ?? {};
  return { code, params: values, message: fillIn(FIELD_MESSAGES[code], values) };
}

/** Returns an error as one text: `limit must be >= 1`. */
export const errorText = ({ path, message }: Pick<FieldError, 'path' | 'message'>): string =>
  `${path} ${message}`.trim();

/** Maximum length of a path, which contains names sent by the client. */
const MAX_PATH_LENGTH = 200;

/** Returns the error of a field that has a problem. */
export const errorAt = (path: string, { code, params, message }: FieldProblem): FieldError => ({
  path: path.slice(0, MAX_PATH_LENGTH),
  code,
  params,
  message,
});

/** Returns the error of a field that breaks a rule. */
export const fieldError = <Code extends FieldErrorCode>(
  path: string,
  code: Code,
  ...params: ParamsOf<(typeof FIELD_MESSAGES)[Code]>
): FieldError => errorAt(path, fieldProblem(code, ...params));
