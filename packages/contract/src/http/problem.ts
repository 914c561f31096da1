import { ERROR_CODES, type ErrorCode } from '@posthorn/core';
import { z } from 'zod';

export const PROBLEM_JSON = 'application/problem+json';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

export const fieldError = z
  .strictObject({
    path: z
      .string()
      .meta({ description: 'Where in the input; empty for the input as a whole.', example: 'eventTypes[0]' }),
    message: z.string(),
  })
  .meta({ id: 'FieldError' });

/** Every error of the API, as RFC 9457 has it. Some codes add members of their own, which their routes name. */
export const problem = z
  .looseObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.enum(codes).meta({ description: 'Stable: programs may rely on it.' }),
    detail: z.string().optional(),
    errors: z.array(fieldError).optional(),
    requestId: z.string().meta({ description: 'The x-request-id of this answer, also in the logs.' }),
  })
  .meta({
    id: 'Problem',
    example: {
      type: 'about:blank',
      title: ERROR_CODES.invalid_input.title,
      status: ERROR_CODES.invalid_input.status,
      code: 'invalid_input',
      errors: [{ path: 'eventTypes[0]', message: 'must be an event type, prefix.* or *' }],
      requestId: '0197c0de-0000-7000-8000-000000000000',
    },
  });

export type Problem = z.infer<typeof problem>;
