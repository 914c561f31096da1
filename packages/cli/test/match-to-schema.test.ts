import { describe, expect, it } from '@jest/globals';
import { checkFilter } from '@posthorn/rules';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { matchToSchema } from '../src/import/match-to-schema.js';

const ajv = new Ajv2020({ strict: false });

const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

describe('matchToSchema', () => {
  it.each<[filter: Record<string, unknown>, matching: unknown[], others: unknown[]]>([
    [{ type: 'a' }, [{ type: 'a', n: 1 }], [{ type: 'b' }, {}, { type: ['a'] }]],
    [
      { 'order.total': { $gte: 10, $lt: 20 } },
      [{ order: { total: 10 } }],
      [{ order: { total: 20 } }, { order: {} }],
    ],
    [
      { order: { state: { $in: ['new', null] } } },
      [{ order: { state: null } }],
      [{ order: { state: 'old' } }, {}],
    ],
    [{ $or: [{ a: 1 }, { b: { $gt: 1 } }] }, [{ a: 1 }, { b: 2 }], [{ a: 2, b: 1 }, {}]],
    [{ $and: [{ a: 1 }, { b: 2 }], c: true }, [{ a: 1, b: 2, c: true }], [{ a: 1, b: 2 }]],
    [{ a: { $exist: true } }, [{ a: null }], [{}]],
    [{ name: { $startsWith: 'a.b' } }, [{ name: 'a.bc' }], [{ name: 'axbc' }, { name: 1 }]],
    [{ name: { $endsWith: '$' } }, [{ name: 'a$' }], [{ name: 'a' }]],
    [{ a: { $eq: 'x' } }, [{ a: 'x' }], [{ a: 'y' }]],
    [
      { id: { $startsWith: 'inv_', $endsWith: '_eu' } },
      [{ id: 'inv_1_eu' }],
      [{ id: 'inv_1' }, { id: '1_eu' }, {}],
    ],
    [{ a: { $startsWith: '1', $gt: 0 } }, [], [{ a: '1' }, { a: 1 }]],
  ])('%j', (filter, matching, others) => {
    const schema = matchToSchema(filter, 'convoy');
    const validate = ajv.compile(schema ?? false);
    for (const data of matching) expect([data, validate(data)]).toEqual([data, true]);
    for (const data of others) expect([data, validate(data)]).toEqual([data, false]);
  });

  it.each([
    { a: { $regex: '^x' } },
    { a: { $neq: 1 } },
    { a: { $exist: false } },
    { $not: { a: 1 } },
    { a: ['x'] },
    { a: { $gt: '1' } },
    { a: { $in: [{}] } },
    { $or: [] },
    {},
    { a: {} },
    { a: { $gte: 1, b: 2 } },
  ])('does not translate %j', (filter) => {
    expect([matchToSchema(filter, 'convoy'), matchToSchema(filter, 'outpost')]).toEqual([null, null]);
  });

  // As the recorded requests of an Outpost server show.
  it.each<[filter: Record<string, unknown>, matching: unknown[], others: unknown[]]>([
    [
      { tags: 'urgent' },
      [{ tags: 'urgent' }, { tags: ['x', 'urgent'] }],
      [{ tags: ['x'] }, { tags: { a: 'urgent' } }],
    ],
    [{ tags: { $in: ['urgent', 'x'] } }, [{ tags: 'urgent' }], [{ tags: ['urgent'] }]],
    [{ 'a.b': 1 }, [{ 'a.b': 1 }], [{ a: { b: 1 } }]],
    [
      { items: { sku: 'a' } },
      [{ items: { sku: 'a' } }, { items: [{ sku: 'b' }, { sku: 'a' }] }],
      [{ items: [{}] }],
    ],
    [{ $or: [{ a: 1 }, { b: 2 }] }, [{ b: [2] }], [{ a: 2 }]],
  ])('translates %j of Outpost', (filter, matching, others) => {
    const schema = matchToSchema(filter, 'outpost');
    expect(checkFilter(schema)).toEqual([]);
    const validate = ajv.compile(schema ?? false);
    for (const data of matching) expect([data, validate(data)]).toEqual([data, true]);
    for (const data of others) expect([data, validate(data)]).toEqual([data, false]);
  });

  it('does not translate an $or of Outpost beside other keys, which it ignores', () => {
    expect(matchToSchema({ $or: [{ a: 1 }], b: 2 }, 'outpost')).toBeNull();
  });

  it.each(['$startsWith', '$endsWith'])(
    '%s with any ASCII punctuation is a filter that Posthorn accepts',
    (operator) => {
      for (const text of [...Array.from(PUNCTUATION), PUNCTUATION]) {
        const schema = matchToSchema({ a: { [operator]: text } }, 'convoy');
        expect([text, checkFilter(schema)]).toEqual([text, []]);
        expect([text, ajv.validate(schema ?? false, { a: text })]).toEqual([text, true]);
      }
    },
  );

  it('combines operators in a filter that Posthorn accepts', () => {
    const filter = { 'a.b.c': { $startsWith: 'inv_', $endsWith: '_eu', $in: ['inv_1_eu'] } };
    expect(checkFilter(matchToSchema(filter, 'convoy'))).toEqual([]);
  });
});
