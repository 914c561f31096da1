import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { elementMemberTexts, memberText, textAt } from '../../src/json/json-text.js';
import { gap, string, value } from './fixtures/json-texts.js';

describe('the text of a member', () => {
  it.each([
    ['{"data":1}', '1'],
    [' { "data" : { "a" : 1e400 } } ', '{ "a" : 1e400 }'],
    ['{"type":"data","data":[9007199254740993, "]}"],"key":"x"}', '[9007199254740993, "]}"]'],
    ['{"a":{"data":1},"data":"\\"\\\\"}', '"\\"\\\\"'],
    ['{"d\\u0061ta":-0.0}', '-0.0'],
    ['{"data":1,"data":2}', '2'],
    ['{"data":true\n}', 'true'],
    ['{"\\\\":0,"data":null,"data\\"":1}', 'null'],
    ['{}', undefined],
    ['{"dat":1,"a":"data"}', undefined],
    ['[]', undefined],
  ])('of %s is %s', (json, text) => {
    expect(memberText(json, 'data')).toBe(text);
  });

  it('is found as JSON.parse finds the value, between any other members', () => {
    const others = fc.array(fc.tuple(string, value), { maxLength: 4 });
    fc.assert(
      fc.property(others, value, others, gap, (before, data, after, space) => {
        const members = [...before, ['"data"', data], ...after];
        const json = `${space}{${members.map((member) => member.join(`${space}:${space}`)).join(`${space},${space}`)}}`;
        // Any of the others may be named `data`, too.
        const last = members.findLast(([name = '']) => JSON.parse(name) === 'data');
        expect(memberText(json, 'data')).toBe(last?.[1]);
        expect(JSON.parse(memberText(json, 'data') ?? '')).toEqual(JSON.parse(json).data);
      }),
    );
  });

  it.each(['{"data":{', '{"data":"', '{"data', '{"data":[{]'])(
    'of the broken text %s is an error',
    (json) => {
      expect(() => memberText(json, 'data')).toThrow('Not a JSON text');
    },
  );
});

describe('the text at a path', () => {
  it.each([
    ['{"a":{"b":1.0}}', ['a', 'b'], '1.0'],
    ['{"a":{"b":1},"a":{"b":2}}', ['a', 'b'], '2'],
    ['{"a":{"b":1},"a":{"c":2}}', ['a', 'b'], undefined],
    ['{"a":{"b":1},"a":3}', ['a', 'b'], undefined],
    [' { "a" : [ 0 , { "b" : "}" } ] } ', ['a', '1', 'b'], '"}"'],
    ['{"a":[1]}', ['a', '1'], undefined],
    ['{"a":[1]}', ['a', '00'], undefined],
    ['{"a":[1]}', ['a', 'b'], undefined],
    ['{"a":"{}"}', ['a', 'b'], undefined],
    ['{"a":{"0":1}}', ['a', '0'], '1'],
    ['{"a":1}', [], '{"a":1}'],
  ])('%s, %j is %s', (json, path, text) => {
    expect(textAt(json, path)).toBe(text);
  });

  it('is that of the value that JSON.parse finds there', () => {
    fc.assert(
      fc.property(value, value, gap, (inner, other, space) => {
        const json = `{"x":${other},"a":[${other},${space}{"b":${inner}${space},"c":${other}}${space}],"y":${other}}`;
        expect(textAt(json, ['a', '1', 'b'])).toBe(inner);
      }),
    );
  });
});

const textsOf = (json: string) => elementMemberTexts(json, { list: 'events', member: 'data' });

describe('the texts of a member of the elements of a list', () => {
  it.each([
    ['{"events":[{"data":1.0},{"data":{"data":2}}]}', ['1.0', '{"data":2}']],
    ['{"events":[ ]}', []],
    [
      '{"events":[{},5,"data",[{"data":1}],null,{"data":1}]}',
      [undefined, undefined, undefined, undefined, undefined, '1'],
    ],
    ['{"events":[{"data":1}],"events":[{"data":2},{"data":3}]}', ['2', '3']],
    ['{"events":7,"other":[{"data":1}],"events":[{"data":2}]}', ['2']],
    ['{"events":{"data":1}}', []],
  ])('of %s are %j', (json, texts) => {
    expect(textsOf(json)).toEqual(texts);
  });

  it('are those of the elements as JSON.parse counts them', () => {
    const element = fc.oneof(
      fc.tuple(gap, value).map(([space, data]) => `{${space}"data"${space}:${space}${data}${space}}`),
      value,
    );
    fc.assert(
      fc.property(fc.array(element), gap, (elements, space) => {
        const json = `{"events":[${space}${elements.join(`${space},${space}`)}]}`;
        const texts = elements.map((text) => (text.startsWith('{') ? memberText(text, 'data') : undefined));
        expect(textsOf(json)).toEqual(texts);
      }),
    );
  });
});
