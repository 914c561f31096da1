import { ERROR_CODES, FIELD_MESSAGES, fieldError, REASONS } from '@posthorn/core';
import { z } from 'zod';
import { ERRORS_PATH } from './error-reference.js';

export const PROBLEM_JSON = 'application/problem+json';

const codesOf = <Code extends string>(table: Record<Code, unknown>) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
  Object.keys(table) as [Code, ...Code[]];

const params = z.record(z.string(), z.union([z.string(), z.number()])).meta({
  description: 'The values in the message, such as the `limit` of a value that is too big.',
  example: { min: 1, max: 200 },
});

export const reportedError = z
  .strictObject({
    path: z.string().meta({
      description: 'The path of the field in the input. Empty for the input as a whole.',
      example: 'eventTypes[0]',
    }),
    code: z.enum(codesOf(FIELD_MESSAGES)).meta({
      id: 'FieldErrorCode',
      description: `The stable code of the rule that the field breaks. ${ERRORS_PATH}#fields lists them with their messages.`,
    }),
    params,
    message: z.string().meta({ description: 'The message of the code, in English.' }),
  })
  .meta({ id: 'FieldError' });

export const problemReason = z
  .strictObject({
    code: z.enum(codesOf(REASONS)).meta({ id: 'ReasonCode' }),
    params,
  })
  .meta({
    id: 'Reason',
    description: 'The stable code of a `detail` and the values in it, if users of the portal may see it.',
  });

/** The body of every error response (RFC 9457). Some codes add members, which are documented with their routes. */
export const problem = z
  .looseObject({
    type: z.string().meta({
      format: 'uri-reference',
      description: 'The entry of the error in the error reference of this installation.',
      example: `${ERRORS_PATH}#invalid_input`,
    }),
    title: z.string(),
    status: z.int(),
    code: z.enum(codesOf(ERROR_CODES)).meta({
      id: 'ErrorCode',
      description: 'The stable code of the error. Use it to handle errors in programs.',
    }),
    detail: z.string().optional().meta({ description: 'More about this occurrence of the error.' }),
    reason: problemReason.optional(),
    errors: z.array(reportedError).optional().meta({ description: 'The invalid fields of the input.' }),
    requestId: z
      .string()
      .meta({ description: 'The `x-request-id` of this response. It also appears in the logs.' }),
  })
  .meta({
    id: 'Problem',
    example: {
      type: `${ERRORS_PATH}#invalid_input`,
      title: ERROR_CODES.invalid_input.title,
      status: ERROR_CODES.invalid_input.status,
      code: 'invalid_input',
      errors: [fieldError('limit', 'out_of_range', { min: 1, max: 200 })],
      requestId: '0197c0de-0000-7000-8000-000000000000',
    },
  });

export type Problem = z.infer<typeof problem>;
