import { describe, expect, it } from '@jest/globals';
import { createSchemaValidator as createTextCheck } from '../../src/index.js';

/** Takes the schema as an object. */
function createSchemaValidator() {
  const check = createTextCheck();
  return (schema: object, data: unknown) => check(JSON.stringify(schema), data);
}

describe('checking data against a schema', () => {
  it('says where and what is wrong', () => {
    const schema = { type: 'object', properties: { a: { type: 'array', items: { type: 'integer' } } } };
    const check = createSchemaValidator();
    expect(check(schema, { a: [1] })).toEqual([]);
    expect(check(schema, { a: [1, 'x'] })).toEqual([{ path: 'data.a.1', message: 'must be integer' }]);
  });

  it('knows formats and draft 2020-12', () => {
    const check = createSchemaValidator();
    expect(check({ properties: { at: { format: 'date-time' } } }, { at: 'soon' })).toHaveLength(1);
    expect(
      check({ properties: { pair: { prefixItems: [{ type: 'string' }] } } }, { pair: [1] }),
    ).toHaveLength(1);
  });

  it('does not mix up two schemas with the same $id', () => {
    const check = createSchemaValidator();
    const $id = 'https://schemas.example/one';
    expect(check({ $id, required: ['a'] }, { a: 1 })).toEqual([]);
    expect(check({ $id, required: ['b'] }, { a: 1 })).toHaveLength(1);
  });

  it('refuses what is no schema', () => {
    expect(() => createSchemaValidator()({ type: 'nonsense' }, {})).toThrow('schema');
    expect(() => createSchemaValidator()({ $async: true }, {})).toThrow('$async');
  });
});
