/** What a portal link may allow, beside reading webhooks and deliveries. */
export const PORTAL_FEATURES = [
  'create',
  'edit',
  'delete',
  'suspend',
  'secrets',
  'retry',
  'test',
  'events',
  'payloads',
  'search',
  'catalog',
  'notifications',
] as const;

export type PortalFeature = (typeof PORTAL_FEATURES)[number];
