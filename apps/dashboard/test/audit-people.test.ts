import { expect, it } from '@jest/globals';
import type { AuditEntry } from '../src/pages/audit/audit-entry.js';
import { isPersonId, peopleOf } from '../src/pages/audit/people.js';

const entry = (personId: string | null, name: string): AuditEntry => ({
  id: 'aud_1',
  number: null,
  hash: null,
  tenantId: null,
  actor: { keyId: null, personId, sessionId: null, portalLinkId: null, name },
  action: 'session.created',
  target: 'key_1',
  targetName: null,
  before: null,
  after: null,
  requestId: null,
  clientAddress: null,
  createdAt: '2026-01-01T00:00:00Z',
});

it('lists each person once, by name, with the newest name', () => {
  const entries = [
    entry('per_1', 'Zoe (session)'),
    entry(null, 'system'),
    entry('per_2', 'Ada (portal)'),
    entry('per_1', 'Zo'),
  ];
  expect(peopleOf(entries)).toEqual([
    { id: 'per_2', name: 'Ada' },
    { id: 'per_1', name: 'Zoe' },
  ]);
});

it.each([
  ['per_01', true],
  ['key_01', false],
  [undefined, false],
])('distinguishes people from keys: %s', (id, isPerson) => expect(isPersonId(id)).toBe(isPerson));
