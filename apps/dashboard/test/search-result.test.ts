import { expect, it } from '@jest/globals';
import { pageOf } from '../src/shell/search/search-result.js';

it('opens a found result of another tenant without the selected tenant', () => {
  const found = {
    id: 'id',
    title: null,
    tenantId: null,
    webhookId: null,
    eventId: null,
    matchedBy: 'id',
    searchKey: null,
    description: null,
    createdAt: '2026-01-31T07:00:00Z',
    occurredAt: null,
    publishedAt: null,
  } as const;
  // The other pages show any tenant.
  for (const kind of ['rejected_event', 'api_key', 'audit_entry'] as const)
    expect(Object.entries(pageOf({ ...found, kind }).search ?? {})).toContainEqual(['tenant', undefined]);
});
