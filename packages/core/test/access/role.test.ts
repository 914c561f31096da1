import { expect, it } from '@jest/globals';
import { type PortalFeature, type Role, type Scope, scopesOfPortalLink } from '../../src/index.js';

it.each<[role: Role, features: PortalFeature[], scopes: Scope[]]>([
  ['admin', [], ['webhooks:read', 'deliveries:read', 'webhooks:operate', 'webhooks:write']],
  [
    'admin',
    ['events'],
    ['webhooks:read', 'deliveries:read', 'events:read', 'webhooks:operate', 'webhooks:write'],
  ],
  ['operator', ['payloads'], ['webhooks:read', 'deliveries:read', 'payloads:read', 'webhooks:operate']],
  ['viewer', ['events', 'payloads', 'retry'], ['webhooks:read', 'deliveries:read', 'events:read']],
])('a portal link of the role %s with the features %j has only the scopes that they need', (...link) => {
  const [role, features, scopes] = link;
  expect(scopesOfPortalLink(role, features)).toEqual(scopes);
});
