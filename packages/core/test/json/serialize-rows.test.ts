import { describe, expect, it } from '@jest/globals';
import { serializeRows } from '../../src/json/serialize-rows.js';

describe('exported rows', () => {
  it('are CSV with a column for each field of any row', () => {
    const rows = [
      { id: 'a', count: -1, note: null },
      { id: 'b,"c"\nd', list: ['x', 1], isDone: true },
    ];
    expect(serializeRows(rows, 'csv')).toBe(
      'id,count,note,list,isDone\r\na,-1,,,\r\n"b,""c""\nd",,,"[""x"",1]",true\r\n',
    );
    expect(serializeRows([], 'csv')).toBe('\r\n');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('do not run %j as a formula', (text) => {
    expect(serializeRows([{ text }], 'csv')).toContain(`'${text}`);
  });

  it('are a line of JSON each', () => {
    expect(serializeRows([{ a: '\n' }, { b: { c: 1 } }], 'ndjson')).toBe('{"a":"\\n"}\n{"b":{"c":1}}\n');
  });
});
