import type { Sealer } from './sealing.js';
import { webhookSealingContext } from './webhook-secrets.js';

/** How a client authenticates itself at a token endpoint (RFC 6749, section 2.3.1). */
export const CLIENT_AUTHENTICATIONS = ['client_secret_basic', 'client_secret_post'] as const;

/** A client of an authorization server that gets access tokens by its own credentials (RFC 6749, section 4.4). */
export interface OAuthClient {
  type: 'oauth2';
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scopes: string[];
  audience: string | null;
  clientAuthentication: (typeof CLIENT_AUTHENTICATIONS)[number];
}

/** How the requests of a webhook authenticate themselves at its receiver. */
export type ReceiverAuth =
  | { type: 'basic'; username: string; password: string }
  | { type: 'apiKey'; header: string; value: string }
  | OAuthClient;

/** The value of a header with credentials where a request is shown. HTTP does not allow it, so it is never sent. */
export const HIDDEN_CREDENTIALS = '•••';

/** A webhook with its authentication as stored. */
interface AuthOwner {
  id: string;
  authSealed: string | null;
}

/** Returns the authentication of a webhook as stored. */
export function sealAuth(webhookId: string, auth: ReceiverAuth | null, sealer: Sealer): string | null {
  return auth && sealer.seal(JSON.stringify(auth), webhookSealingContext(webhookId));
}

/** Opens the authentication of a webhook. */
export function openAuth({ id, authSealed }: AuthOwner, sealer: Sealer): ReceiverAuth | null {
  if (authSealed === null) return null;
  const auth = sealer.open(authSealed, webhookSealingContext(id));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- authenticated: sealed by sealAuth
  return JSON.parse(auth) as ReceiverAuth;
}

/** Returns the name of the header with the credentials, in lower case. */
export const authHeaderName = (auth: ReceiverAuth): string =>
  auth.type === 'apiKey' ? auth.header.toLowerCase() : 'authorization';

/** Returns the headers that authenticate a request. @param token the access token; null without one, as for the other types */
export function authHeaders(auth: ReceiverAuth | null, token: string | null): Record<string, string> {
  switch (auth?.type) {
    case undefined:
      return {};
    case 'basic':
      return { authorization: basicCredentials(auth.username, auth.password) };
    case 'apiKey':
      return { [authHeaderName(auth)]: auth.value };
    case 'oauth2':
      return token === null ? {} : { authorization: `Bearer ${token}` };
  }
}

/** Returns the headers that authenticate a request, as they are shown. */
export function hiddenAuthHeaders(webhook: AuthOwner, sealer: Sealer): Record<string, string> {
  const auth = openAuth(webhook, sealer);
  return auth ? { [authHeaderName(auth)]: HIDDEN_CREDENTIALS } : {};
}

/** Returns the credentials of HTTP Basic authentication (RFC 7617). */
export const basicCredentials = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
