import { describe, expect, it } from '@jest/globals';
import { useApi } from './use-api.js';

const api = useApi();

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#';

describe('the schema of an event type', () => {
  it('is checked as the draft that it names, and returned unchanged', async () => {
    const schema = {
      $schema: DRAFT_07,
      $ref: '#/definitions/order',
      definitions: {
        order: {
          $schema: DRAFT_07,
          title: 'An order',
          tsType: 'Order',
          required: ['price'],
          properties: {
            price: { multipleOf: 0.01 },
            lines: { items: [{ format: 'uri' }], additionalItems: false },
          },
        },
      },
    };
    const created = await api.admin.post('/v1/event-types', { name: 'order.priced', schema });
    expect(created.status).toBe(201);
    expect((await api.admin.get('/v1/event-types/order.priced')).body.schema).toEqual(schema);

    const publish = async (data: object) =>
      (await api.admin.post('/v1/events', { type: 'order.priced', data })).body;
    expect(await publish({ price: 19.99, lines: ['https://example.com'] })).toMatchObject({ deliveries: 0 });
    expect(await publish({ price: 19.995 })).toMatchObject({
      code: 'schema_violation',
      errors: [{ path: 'data.price', code: 'not_multiple', params: { step: 0.01 } }],
    });
    expect(await publish({ price: 1, lines: ['https://example.com', 'b'] })).toMatchObject({
      errors: [{ path: 'data.lines', code: 'too_many_items', params: { max: 1 } }],
    });
  });

  it.each<[object, string, string]>([
    [{ $schema: 'http://json-schema.org/draft-03/schema#' }, 'schema.$schema', 'must be a supported draft: '],
    [{ $schema: DRAFT_07, items: { type: 'text' } }, 'schema.items.type', 'must be equal to one of'],
    [
      { properties: { a: { $ref: 'a.json' } } },
      'schema.properties.a.$ref',
      'refers to a.json, which the schema',
    ],
    [
      { oneOf: Array.from({ length: 4000 }, (_, index) => ({ const: index })) },
      'schema',
      'too large or nested too',
    ],
    [{ allOf: [{ $ref: '#' }] }, 'schema', 'cannot be used: references are nested too deeply'],
    [{ title: 'a'.repeat(65_536) }, 'schema', 'must not be longer than 65536 bytes'],
  ])('is refused with the path of the error (case %#)', async (schema, path, message) => {
    const { status, body } = await api.admin.post('/v1/event-types', { name: 'refused', schema });
    expect([status, body.code]).toEqual([422, 'invalid_input']);
    expect(body.errors).toMatchObject([{ path, message: expect.stringContaining(message) }]);
  });
});

describe('the ordering pointer of an event type', () => {
  it('is stored, changed, removed, and recorded in the audit log', async () => {
    const type = { name: 'a.ordered', orderingPointer: '/order/id' };
    expect((await api.admin.post('/v1/event-types', type)).body.orderingPointer).toBe('/order/id');
    const patch = async (change: object) =>
      (await api.admin.patch('/v1/event-types/a.ordered', change)).body.orderingPointer;
    expect(await patch({ description: 'x' })).toBe('/order/id');
    expect(await patch({ orderingPointer: '/a~1b/0' })).toBe('/a~1b/0');
    expect(await patch({ orderingPointer: null })).toBeNull();
    const { data } = (await api.admin.get('/v1/audit-entries?target=a.ordered')).body;
    expect(data[0]).toMatchObject({
      before: { orderingPointer: '/a~1b/0' },
      after: { orderingPointer: null },
    });
  });

  it.each<[unknown, string]>([
    ['id', 'must be a JSON Pointer into the data, such as /order/id'],
    ['', 'must be a JSON Pointer'],
    [`/${'a'.repeat(256)}`, 'must have at most 256 characters'],
    [['/a'], 'must be a string'],
  ])('is refused with its error (case %#)', async (orderingPointer, message) => {
    const { status, body } = await api.admin.post('/v1/event-types', { name: 'refused', orderingPointer });
    expect([status, body.errors]).toMatchObject([
      422,
      [{ path: 'orderingPointer', message: expect.stringContaining(message) }],
    ]);
  });
});

describe('the search keys of an event type', () => {
  it('are stored, changed, removed, and recorded in the audit log', async () => {
    const { body } = await api.admin.post('/v1/event-types', { name: 'a.searchable', searchKeys: ['/id'] });
    expect(body.searchKeys).toEqual(['/id']);
    const patch = async (change: object) =>
      (await api.admin.patch('/v1/event-types/a.searchable', change)).body.searchKeys;
    expect(await patch({ description: 'x' })).toEqual(['/id']);
    expect(await patch({ searchKeys: ['/a~1b', '/c/0'] })).toEqual(['/a~1b', '/c/0']);
    expect(await patch({ searchKeys: null })).toEqual([]);
    const { data } = (await api.admin.get('/v1/audit-entries?target=a.searchable')).body;
    expect(data[0]).toMatchObject({ before: { searchKeys: ['/a~1b', '/c/0'] }, after: { searchKeys: [] } });
    expect((await api.admin.post('/v1/event-types', { name: 'a.plain' })).body.searchKeys).toEqual([]);
  });

  it.each<[unknown, string, string]>([
    [['id'], 'searchKeys[0]', 'must be a JSON Pointer into the data, such as /order/id'],
    [['/a', ''], 'searchKeys[1]', 'must be a JSON Pointer'],
    [['/~2'], 'searchKeys[0]', 'must be a JSON Pointer'],
    [[`/${'a'.repeat(256)}`], 'searchKeys[0]', 'must have at most 256 characters'],
    [['/a', '/a'], 'searchKeys', 'must not contain the same value twice'],
    [Array.from({ length: 11 }, (_, index) => `/${index}`), 'searchKeys', 'must have at most 10 items'],
    ['/a', 'searchKeys', 'must be an array'],
  ])('are refused with the path of the error (case %#)', async (searchKeys, path, message) => {
    const { status, body } = await api.admin.post('/v1/event-types', { name: 'refused', searchKeys });
    expect([status, body.errors]).toMatchObject([422, [{ path, message: expect.stringContaining(message) }]]);
  });
});
