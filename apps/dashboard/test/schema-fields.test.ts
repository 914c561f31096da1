import { expect, it } from '@jest/globals';
import { schemaFields } from '../src/pages/event-types/schema-fields.js';

it('lists the fields of a schema, with those of objects and lists', () => {
  const schema = {
    type: 'object',
    required: ['id', 'lines'],
    properties: {
      id: { type: 'string', format: 'uuid', description: 'The invoice' },
      state: { enum: ['open', 'paid', null] },
      lines: {
        type: 'array',
        items: {
          type: 'object',
          required: ['amount'],
          properties: { amount: { type: ['integer', 'null'] } },
        },
      },
    },
  };
  const none = { description: null, values: null, fields: [] };
  expect(schemaFields(schema)).toEqual([
    { ...none, name: 'id', type: 'string (uuid)', isRequired: true, description: 'The invoice' },
    { ...none, name: 'state', type: '', isRequired: false, values: ['"open"', '"paid"', 'null'] },
    {
      ...none,
      name: 'lines',
      type: 'array<object>',
      isRequired: true,
      fields: [{ ...none, name: 'amount', type: 'integer | null', isRequired: true }],
    },
  ]);
});

it.each([[null], [true], ['text'], [{}], [{ properties: [] }], [{ items: 3 }]])(
  'lists nothing for %j',
  (schema) => {
    expect(schemaFields(schema)).toEqual([]);
  },
);

it('ends at a schema that is nested too deeply to be read', () => {
  let schema: object = {};
  for (let depth = 0; depth < 100; depth++) schema = { properties: { below: schema } };
  const depthOf = (fields: ReturnType<typeof schemaFields>): number =>
    fields.length === 0 ? 0 : 1 + depthOf(fields[0]?.fields ?? []);
  expect(depthOf(schemaFields(schema))).toBe(8);
});
