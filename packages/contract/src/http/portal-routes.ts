import { z } from 'zod';
import { timestamp } from './lists.js';
import { portalFeatures, portalSettings } from './portal-settings.js';
import type { RouteDefinition } from './route.js';
import { tenantReference } from './tenant-reference.js';

const portalLink = z
  .strictObject({
    url: z.string().meta({
      description:
        'The link to the portal. Anyone with this link has the access it grants, so give it only to its user.',
      example: 'https://hooks.example/portal?link=key_…#token=php_…',
    }),
    expiresAt: timestamp,
  })
  .meta({ id: 'PortalLink' });

export const portalRoutes = {
  createPortalLink: {
    tag: 'Portal',
    scope: 'admin',
    tenancy: 'own',
    method: 'post',
    path: '/v1/portal-links',
    summary: 'Create a portal link',
    description:
      'Creates a link to the portal, where a customer manages the webhooks of one tenant. The portal opens as a page or in an ' +
      'iframe of a page of `parentOrigins`. The link can read and change webhooks, read events, and retry and replay deliveries ' +
      'of this tenant, as far as `features` allows it. It expires after `expiresInMinutes`, or earlier with the key or session that created ' +
      'it. Links begin with `POSTHORN_PUBLIC_URL`. Without it they are created only for requests to localhost, and others ' +
      'return 409 `invalid_state`.',
    body: z
      .strictObject({
        tenantId: tenantReference,
        expiresInMinutes: z
          .int()
          .min(5)
          .max(1440)
          .default(60)
          .meta({ description: 'How long the link is valid, in minutes.' }),
        readOnly: z
          .boolean()
          .default(false)
          .meta({ description: 'If true, the link cannot change anything.' }),
        features: portalFeatures.default(portalFeatures.parse({})),
        ...portalSettings,
      })
      .meta({ id: 'CreatePortalLink' }),
    responses: {
      201: { description: 'The portal link. It is returned only in this response.', body: portalLink },
    },
    errors: ['not_found', 'invalid_state', 'quota_exceeded'],
  },
} as const satisfies Record<string, RouteDefinition>;
