import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { timestamp } from './lists.js';
import type { RouteDefinition } from './route.js';

const theme = z
  .strictObject({
    accentColor: z
      .string()
      .regex(/^#[0-9a-f]{6}$/i, 'must be a colour of the form #rrggbb')
      .optional(),
    logoUrl: z
      .url({ protocol: /^https$/, error: 'must be an https URL' })
      .max(2048)
      .optional(),
    colorScheme: z.enum(['light', 'dark', 'auto']).optional(),
  })
  .meta({ id: 'PortalTheme', description: 'How the portal looks.' });

export type PortalTheme = z.output<typeof theme>;

const portalLink = z
  .strictObject({
    url: z.string().meta({
      description:
        'Opens the portal. Whoever has it may do what it may, so hand it to nobody but its reader.',
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
    summary: 'Make a link to the portal of a tenant',
    description:
      'For a customer to look after their own webhooks, as a page or in an iframe (see `POSTHORN_PORTAL_FRAME_ANCESTORS`). The ' +
      'link reads and changes webhooks, reads events, and retries and replays deliveries, all of this one tenant. It ends with ' +
      'the key that made it at the latest, or, made in a session, with that.',
    body: z
      .strictObject({
        tenantId: tenantReference,
        expiresInMinutes: z.int().min(5).max(1440).default(60),
        readOnly: z.boolean().default(false).meta({ description: 'It changes nothing.' }),
        theme: theme.optional(),
      })
      .meta({ id: 'CreatePortalLink' }),
    answers: { 201: { description: 'The link. It is shown here only.', body: portalLink } },
    errors: ['not_found'],
  },
} as const satisfies Record<string, RouteDefinition>;
