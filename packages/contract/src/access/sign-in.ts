import { z } from 'zod';

/** The paths of sign-in. They need no API key. */
export const SIGN_IN_OPTIONS_PATH = '/v1/sign-in-options';
export const SSO_START_PATH = '/v1/sso/start';
export const SSO_CALLBACK_PATH = '/v1/sso/callback';
export const SSO_LOGOUT_PATH = '/v1/sso/back-channel-logout';

/** Why single sign-on failed: the parameter `error` of the sign-in page. */
export const SIGN_IN_ERRORS = [
  /** No rule gives the person a role. */
  'sso_no_access',
  /** The person or the identity provider has ended the sign-in. */
  'sso_cancelled',
  /** The sign-in was not finished within 10 minutes, or was begun in another browser. */
  'sso_expired',
  /** What the identity provider sent is not valid. */
  'sso_rejected',
  /** The identity provider or the database does not respond, or too many sign-ins are in progress. */
  'sso_unavailable',
  /** Too many sign-ins of this address have failed. */
  'sso_rate_limited',
] as const;

export type SignInError = (typeof SIGN_IN_ERRORS)[number];

export const signInOptions = z
  .strictObject({
    apiKey: z.boolean().meta({ description: 'Whether people can sign in with an API key.' }),
    singleSignOn: z
      .strictObject({
        name: z.string().meta({ description: 'The name of the identity provider, for people.' }),
        available: z.boolean().meta({ description: 'Whether the identity provider responds.' }),
      })
      .meta({ id: 'SingleSignOn' })
      .nullable()
      .meta({ description: 'Null if single sign-on is not configured.' }),
  })
  .meta({ id: 'SignInOptions' });

export type SignInOptionsResponse = z.input<typeof signInOptions>;

/** What remains of the length of a URL for the path to return to. */
const MAX_PATH_LENGTH = 1024;

export const startSignInQuery = z.object({
  next: z.string().max(MAX_PATH_LENGTH).optional().meta({
    description: 'The path of the dashboard to return to. Another origin is ignored.',
    example: '/webhooks',
  }),
});

const MAX_PARAMETER_LENGTH = 8192;
const parameter = z.string().max(MAX_PARAMETER_LENGTH).optional();

/** What the identity provider adds to the callback. Providers may add more. */
export const callbackQuery = z.object({
  code: parameter.meta({ description: 'The authorization code.' }),
  state: parameter.meta({ description: 'The state of the authorization request.' }),
  error: parameter.meta({ description: 'Why the identity provider did not authenticate the person.' }),
});

/** Maximum size of a logout request, in bytes. */
export const MAX_LOGOUT_BYTES = 16_384;

export const logoutBody = z
  .object({ logout_token: z.string().max(MAX_LOGOUT_BYTES) })
  .meta({ id: 'BackChannelLogout', description: 'OpenID Connect Back-Channel Logout 1.0.' });

export const logoutError = z
  .strictObject({
    error: z.literal('invalid_request'),
    error_description: z.string(),
  })
  .meta({ id: 'BackChannelLogoutError' });
