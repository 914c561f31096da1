import { ERROR_CODES, type ErrorCode, FIELD_ERROR_CODES } from '@posthorn/core';
import { z } from 'zod';
import { ERRORS_PATH } from './error-reference.js';

export const PROBLEM_JSON = 'application/problem+json';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

export const fieldError = z
  .strictObject({
    path: z.string().meta({
      description: 'The path of the field in the input. Empty for the input as a whole.',
      example: 'eventTypes[0]',
    }),
    code: z.enum(FIELD_ERROR_CODES).meta({
      id: 'FieldErrorCode',
      description: 'The rule that the field breaks. `invalid` stands for the rules of single fields.',
    }),
    params: z.record(z.string(), z.unknown()).meta({
      description: 'The values in the message, such as the `maximum` of a value that is too big.',
      example: { maximum: 200 },
    }),
    message: z.string(),
  })
  .meta({ id: 'FieldError' });

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
    code: z.enum(codes).meta({
      id: 'ErrorCode',
      description: 'The stable code of the error. Use it to handle errors in programs.',
    }),
    detail: z.string().optional().meta({ description: 'More about this occurrence of the error.' }),
    errors: z.array(fieldError).optional().meta({ description: 'The invalid fields of the input.' }),
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
      errors: [{ path: 'limit', code: 'too_big', params: { maximum: 200 }, message: 'must be <= 200' }],
      requestId: '0197c0de-0000-7000-8000-000000000000',
    },
  });

export type Problem = z.infer<typeof problem>;
