import { describe, expect, it } from '@jest/globals';
import { parseDraft } from '../src/pages/rejected-events/parse-draft.js';

describe('parseDraft', () => {
  it.each([
    [
      { type: 'invoice.paid', payload: { data: { id: 'in_1' } } },
      { type: 'invoice.paid', data: '{\n  "id": "in_1"\n}' },
    ],
    [
      { type: 'user.created', payload: { data: '{"id":1}' } },
      { type: 'user.created', data: '{\n  "id": 1\n}' },
    ],
    [
      { type: 'user.created', payload: { data: '{"id":' } },
      { type: 'user.created', data: '{"id":' },
    ],
    [{ payload: { data: {} } }, { type: '', data: '{}' }],
    [{ type: 'user.created', payload: 'text' }, null],
  ])('%j', (push, draft) => {
    expect(parseDraft(JSON.stringify(push))).toEqual(draft);
  });

  it('keeps the numbers and keys of the data', () => {
    const data = '{"n":1e400,"n":9007199254740993}';
    const draft = { type: 'a.b', data: '{\n  "n": 1e400,\n  "n": 9007199254740993\n}' };
    expect(parseDraft(`{"type":"a.b","payload":{"data":${data}}}`)).toEqual(draft);
    expect(parseDraft(JSON.stringify({ type: 'a.b', payload: { data } }))).toEqual(draft);
  });

  it('has an empty type if the push had none', () => {
    expect(parseDraft('{"type":null,"payload":{"data":{}}}')).toEqual({ type: '', data: '{}' });
  });

  it('returns null for a truncated push', () => {
    expect(parseDraft('{"type":"invoice.paid","payload":{"da')).toBeNull();
  });
});
