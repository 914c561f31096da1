import { describe, expect, it } from '@jest/globals';
import { deliveryFormat, fieldErrors, REPORTED } from '../src/index.js';

const messagesOf = (format: unknown) => {
  const { error } = deliveryFormat.safeParse(format, REPORTED);
  return error && fieldErrors(error).map(({ message }) => message);
};

describe('a delivery format', () => {
  it('is not parsed if its template is too long', () => {
    expect(messagesOf({ body: { template: String.raw`\"`.repeat(64 * 1024) } })).toEqual([
      'must have at most 16384 characters',
      'must not be longer than 16384 bytes',
    ]);
  });

  it('is parsed if its parts are not too long', () => {
    expect(messagesOf({ body: { template: '{unknown}' } })).toEqual([
      'has the unknown placeholder {unknown}; use {id}, {type}, {timestamp}, {tenantId}, {data}, {data./…}',
    ]);
  });
});
