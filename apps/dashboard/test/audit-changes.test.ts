import { expect, it } from '@jest/globals';
import { listChanges } from '../src/pages/audit/list-changes.js';

it('lists the old and new value of each field, strings unchanged and others as JSON', () => {
  const before = { status: 'active', eventTypes: ['a'], description: null };
  const after = { status: 'suspended', eventTypes: ['a', 'b'], description: 'gone' };
  expect(listChanges({ before, after })).toEqual([
    { field: 'status', before: 'active', after: 'suspended' },
    { field: 'eventTypes', before: '[\n  "a"\n]', after: '[\n  "a",\n  "b"\n]' },
    { field: 'description', before: 'null', after: 'gone' },
  ]);
});

it('omits null fields of a created object', () => {
  expect(listChanges({ before: null, after: { name: 'shop', expiresAt: null } })).toEqual([
    { field: 'name', before: undefined, after: 'shop' },
  ]);
});

it('lists the fields of a deleted object', () => {
  expect(listChanges({ before: { group: 'Billing' }, after: null })).toEqual([
    { field: 'group', before: 'Billing', after: undefined },
  ]);
  expect(listChanges({ before: null, after: null })).toEqual([]);
});
