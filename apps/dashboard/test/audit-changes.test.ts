import { expect, it } from '@jest/globals';
import { listChanges } from '../src/pages/audit/list-changes.js';

it('sets what was beside what is, plain where it can be', () => {
  const before = { status: 'active', eventTypes: ['a'], description: null };
  const after = { status: 'suspended', eventTypes: ['a', 'b'], description: 'gone' };
  expect(listChanges({ before, after })).toEqual([
    { field: 'status', before: 'active', after: 'suspended' },
    { field: 'eventTypes', before: '[\n  "a"\n]', after: '[\n  "a",\n  "b"\n]' },
    { field: 'description', before: 'null', after: 'gone' },
  ]);
});

it('leaves out what a new thing does not have', () => {
  expect(listChanges({ before: null, after: { name: 'shop', expiresAt: null } })).toEqual([
    { field: 'name', before: undefined, after: 'shop' },
  ]);
});

it('tells of what was deleted', () => {
  expect(listChanges({ before: { group: 'Billing' }, after: null })).toEqual([
    { field: 'group', before: 'Billing', after: undefined },
  ]);
  expect(listChanges({ before: null, after: null })).toEqual([]);
});
