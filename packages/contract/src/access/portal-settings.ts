import {
  headerOrigin,
  isLoopbackHost,
  LOCALES,
  parseUrl,
  PORTAL_FEATURES,
  type PortalFeature,
} from '@posthorn/core';
import { z } from 'zod';
import { rule } from '../values/rule.js';
import { text } from '../values/text.js';

/** The languages of the portal. */
export const PORTAL_LANGUAGES = LOCALES;

const MAX_LOGO_LENGTH = 16_384;
const MAX_STRINGS = 50;

const WEB_URL = String.raw`^https?://`;

/** Returns the URL if a customer's browser may be sent there: https, or http on the own machine. */
function parseWebUrl(address: string): URL | null {
  const url = parseUrl(address);
  if (url === null || url.username !== '' || url.password !== '') return null;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)) ? url : null;
}

const returnUrl = text(2048)
  .refine((address) => parseWebUrl(address) !== null, rule('not_web_url'))
  .transform((address) => parseWebUrl(address)?.href ?? '')
  .meta({
    pattern: WEB_URL,
    description:
      'An https URL, or http on localhost. The portal leads there when the link has expired, or without a link in another tab.',
    example: 'https://app.example.com/settings/webhooks',
  });

const parentOrigin = text(300)
  .refine((origin) => {
    const url = parseWebUrl(origin);
    return url !== null && url.href === `${headerOrigin(url)}/`;
  }, rule('not_web_origin'))
  .transform((origin) => new URL(origin).origin)
  .meta({ pattern: WEB_URL, example: 'https://app.example.com' });

const color = z.string().regex(/^#[0-9a-fA-F]{6}$/, rule('not_color'));

const logoUrl = text(MAX_LOGO_LENGTH)
  .refine((address) => isImageData(address) || isHttpsUrl(address), rule('not_image'))
  .meta({
    pattern: String.raw`^(?:https://|data:image/)`,
    description:
      'An https URL of at most 2048 characters, or a data URI of a PNG, JPEG, GIF, WebP or SVG image in base64.',
    example: 'https://cdn.example.com/logo.svg',
  });

const isImageData = (address: string): boolean =>
  /^data:image\/(?:png|jpeg|gif|webp|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/.test(address);

function isHttpsUrl(address: string): boolean {
  const url = address.length <= 2048 ? parseWebUrl(address) : null;
  // The policy of the page names the origin.
  return url?.protocol === 'https:' && headerOrigin(url) !== null;
}

const theme = z
  .strictObject({
    productName: text(60).trim().min(1).optional().meta({
      description:
        'The name in the title of the page, and beside the pages if there is no logo. Default: "Webhooks".',
      example: 'Acme Webhooks',
    }),
    logoUrl: logoUrl.optional(),
    accentColor: color
      .optional()
      .meta({ description: 'The color of buttons and links.', example: '#7c3aed' }),
    darkAccentColor: color
      .optional()
      .meta({ description: 'The same in the dark color scheme. Default: `accentColor`.' }),
    radius: z
      .int()
      .min(0)
      .max(16)
      .optional()
      .meta({ description: 'The radius of corners, in pixels, at most 4 for checkboxes. Default: 6.' }),
    fontFamily: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9 _-]{0,59}$/, rule('not_font'))
      .optional()
      .meta({
        description: 'The name of a font on the device of the reader. No font is downloaded.',
        example: 'Georgia',
      }),
    colorScheme: z.enum(['light', 'dark', 'auto']).meta({ id: 'ColorScheme' }).optional(),
  })
  .meta({ id: 'PortalTheme', description: 'The appearance of the portal.' });

export type PortalTheme = z.output<typeof theme>;

const strings = z
  .record(text(200).min(1), text(200))
  .refine(
    (entries) => Object.keys(entries).length <= MAX_STRINGS,
    rule('too_many_entries', { max: MAX_STRINGS }),
  )
  .meta({
    maxProperties: MAX_STRINGS,
    description:
      'Other words for texts of the portal, as plain text. The key is the English text, as the portal shows it; the value is shown ' +
      'in every language.',
    example: { Webhooks: 'Integrations' },
  });

/** The settings of a portal link that its page reads. */
export const portalSettings = {
  theme: theme.optional(),
  language: z.enum(PORTAL_LANGUAGES).optional().meta({
    id: 'PortalLanguage',
    description: 'The language of the portal. Default: the language of the browser, or else English.',
  }),
  strings: strings.optional(),
  parentOrigins: z.array(parentOrigin).max(10).optional().meta({
    description:
      'The origins of pages that may embed the portal. Default: those of `POSTHORN_PORTAL_FRAME_ANCESTORS`.',
  }),
  returnUrl: returnUrl.optional(),
};

export type PortalSettings = z.output<z.ZodObject<typeof portalSettings>>;

/** The features that a link allows. */
export const grantedFeatures = z.array(z.enum(PORTAL_FEATURES).meta({ id: 'PortalFeature' }));

const allowed = z.boolean().default(true);

/** What the link allows. All is allowed unless it is false. */
export const portalFeatures = z
  .strictObject({
    create: allowed.meta({ description: 'Create webhooks.' }),
    edit: allowed.meta({
      description: 'Change settings and event types of webhooks. Validating a URL needs this or `create`.',
    }),
    delete: allowed.meta({ description: 'Delete webhooks.' }),
    suspend: allowed.meta({ description: 'Suspend and reactivate webhooks.' }),
    secrets: allowed.meta({
      description:
        'List, rotate and end signing secrets, change signatures, and see signatures and values of custom headers in requests.',
    }),
    retry: allowed.meta({ description: 'Retry and replay deliveries, and recover from outages.' }),
    test: allowed.meta({ description: 'Send test events.' }),
    events: allowed.meta({ description: 'Read events and their payloads.' }),
    payloads: allowed.meta({
      description:
        'See the values of payloads that event types redact. Without it, the feeds of webhooks cannot be read.',
    }),
    search: allowed.meta({ description: 'Search by ids, URLs and values of payloads.' }),
    catalog: allowed.meta({ description: 'Read the catalog of event types.' }),
    notifications: allowed.meta({ description: 'Manage recipients of emails, and mute webhooks.' }),
  } satisfies Record<PortalFeature, z.ZodType>)
  .meta({
    id: 'PortalFeatures',
    description: 'What the link allows. A feature is allowed unless it is false.',
  });
