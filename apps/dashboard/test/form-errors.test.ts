import { expect, it } from '@jest/globals';
import { toFormErrors } from '../src/api/form-errors.js';
import { ApiProblem, readProblem } from '../src/problems/problem.js';

const invalid = (errors: { path: string; message: string }[]) =>
  new ApiProblem({ title: 'Invalid input', status: 422, code: 'invalid_input', errors });

it('maps errors to fields, errors of entries to their list, and returns the others', () => {
  const problem = invalid([
    { path: 'url', message: 'must be https' },
    { path: 'eventTypes[0]', message: 'must be an event type' },
    { path: 'eventTypes[2]', message: 'is too long' },
    { path: 'rateLimit.limit', message: 'must be 1 or more' },
    { path: 'example.customer.id', message: 'must be a string' },
    { path: 'tenantId', message: 'is unknown' },
    { path: '', message: 'too much' },
  ]);
  expect(toFormErrors(problem, ['url', 'eventTypes', 'rateLimit.limit', 'example'])).toEqual({
    fields: {
      url: 'must be https',
      eventTypes: 'must be an event type; is too long',
      'rateLimit.limit': 'must be 1 or more',
      example: 'customer.id: must be a string',
    },
    rest: ['tenantId: is unknown', 'too much'],
  });
});

it('returns the title of a problem without field errors', () => {
  const problem = new ApiProblem({ title: 'Conflict with existing data', status: 409, code: 'conflict' });
  expect(toFormErrors(problem, ['name'])).toEqual({ fields: {}, rest: ['Conflict with existing data'] });
});

it('reads a problem with additional members', async () => {
  const body = {
    title: 'Wrong code',
    status: 422,
    code: 'validation_code_invalid',
    attemptsLeft: 3,
    requestId: 'r',
  };
  const problem = await readProblem(Response.json(body, { status: 422, headers: { 'retry-after': '7' } }));
  expect(problem).toMatchObject({ code: body.code, requestId: 'r', retryAfterSeconds: 7, errors: [], body });
});

it('converts a response in another format to a problem', async () => {
  const problem = await readProblem(new Response('<h1>Bad gateway</h1>', { status: 502 }));
  expect(problem).toMatchObject({ title: 'The server responded with 502', status: 502, code: 'unknown' });
});
