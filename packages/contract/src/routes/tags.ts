/** The groups of operations, in the order of the documentation. */
export const TAGS = {
  Events: 'Publish events and see how they were delivered.',
  Webhooks: 'Manage the URLs that receive events.',
  Deliveries: 'Inspect and retry what was sent to webhooks.',
  Replays: 'Send settled deliveries again.',
  Recoveries: 'Retry everything that did not succeed during an outage.',
  Search: 'Find anything by id, URL, name, idempotency key or payload value.',
  'Event types': 'The catalog of events that all tenants share.',
  Notifications: 'Get notified about failing and suspended webhooks.',
  Tenants: 'The customers that own webhooks and events.',
  Erasures: 'Remove the data of an event, a person or a tenant.',
  'API keys': 'Manage access to this API.',
  Audit: 'Who changed what, and when.',
  Stats: 'Counts and latencies over time.',
  Usage: 'What each tenant used on each day.',
  Overview: 'The state of the whole system.',
  Session: 'Sign in with a browser.',
  Portal: 'Give customers access to their own webhooks.',
  Operations: 'Health, metrics and this document. No API key is required.',
} as const;

export type Tag = keyof typeof TAGS;
