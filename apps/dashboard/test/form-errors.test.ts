import { expect, it } from '@jest/globals';
import { toFormErrors } from '../src/api/form-errors.js';
import { ApiProblem, readProblem } from '../src/api/problem.js';

const invalid = (errors: { path: string; message: string }[]) =>
  new ApiProblem({ title: 'The input is not valid', status: 422, code: 'invalid_input', errors });

it('puts each error at its field, those of entries at their list, and the others beside', () => {
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

it('says what went wrong where no field did', () => {
  const problem = new ApiProblem({ title: 'It exists already', status: 409, code: 'conflict' });
  expect(toFormErrors(problem, ['name'])).toEqual({ fields: {}, rest: ['It exists already'] });
});

it('reads the problem of an answer, with its own members', async () => {
  const body = {
    title: 'Wrong code',
    status: 422,
    code: 'validation_code_invalid',
    triesLeft: 3,
    requestId: 'r',
  };
  const problem = await readProblem(Response.json(body, { status: 422, headers: { 'retry-after': '7' } }));
  expect(problem).toMatchObject({ code: body.code, requestId: 'r', retryAfterSeconds: 7, errors: [], body });
});

it('makes a problem of an answer that is not ours', async () => {
  const problem = await readProblem(new Response('<h1>Bad gateway</h1>', { status: 502 }));
  expect(problem).toMatchObject({ title: 'The server answered 502', status: 502, code: 'unknown' });
});
