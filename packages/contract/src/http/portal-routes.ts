import { z } from 'zod';
import { timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';
import { tenantReference } from './tenant-reference.js';

const theme = z
  .strictObject({
    accentColor: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, 'must be a color in the form #rrggbb')
      .optional(),
    logoUrl: z
      .url({ protocol: /^https$/, error: 'must be an https URL' })
      .max(2048)
      .optional(),
    colorScheme: z.enum(['light', 'dark', 'auto']).meta({ id: 'ColorScheme' }).optional(),
  })
  .meta({ id: 'PortalTheme', description: 'The appearance of the portal.' });

export type PortalTheme = z.output<typeof theme>;

const portalLink = z
  .strictObject({
    url: z.string().meta({
      description:
        'The link to the portal. Anyone with this link has the access it grants, so give it only to its user.',
      example: 'https://hooks.example/portal#token=php_…',
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
      'iframe (see `POSTHORN_PORTAL_FRAME_ANCESTORS`). The link can read and change webhooks, read events, and retry and ' +
      'replay deliveries of this tenant. It expires after `expiresInMinutes`, or earlier with the key or session that created ' +
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
        theme: theme.optional(),
      })
      .meta({ id: 'CreatePortalLink' }),
    responses: {
      201: { description: 'The portal link. It is returned only in this response.', body: portalLink },
    },
    errors: ['not_found', 'invalid_state', 'quota_exceeded'],
  },
} as const satisfies Record<string, RouteDefinition>;
