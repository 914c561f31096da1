import { describe, expect, it } from '@jest/globals';
import { createSchemaValidator } from '../../src/index.js';

/** Creates a validator that takes schemas as objects. */
function createValidator() {
  const validate = createSchemaValidator();
  return (schema: object, data: unknown) => validate(JSON.stringify(schema), data);
}

describe('schema validator', () => {
  it('returns the path and the message of each violation', () => {
    const schema = { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } };
    const validate = createValidator();
    expect(validate(schema, { a: [1] })).toEqual([]);
    expect(validate(schema, { a: [1, 'x'] })).toEqual([
      { path: 'data.a.1', code: 'type_mismatch', params: { types: 'integer' }, message: 'must be integer' },
    ]);
  });

  it('supports formats and draft 2020-12', () => {
    const validate = createValidator();
    expect(validate({ properties: { at: { format: 'date-time' } } }, { at: 'soon' })).toHaveLength(1);
    expect(
      validate({ properties: { pair: { prefixItems: [{ type: 'string' }] } } }, { pair: [1] }),
    ).toHaveLength(1);
  });

  it('keeps schemas with the same $id apart', () => {
    const validate = createValidator();
    const $id = 'https://schemas.example/one';
    expect(validate({ $id, required: ['a'] }, { a: 1 })).toEqual([]);
    expect(validate({ $id, required: ['b'] }, { a: 1 })).toHaveLength(1);
  });

  it('throws on an invalid schema', () => {
    expect(() => createValidator()({ type: 'nonsense' }, {})).toThrow('schema');
    expect(() => createValidator()({ $async: true }, {})).toThrow('$async');
  });
});
