import type { SingleSignOnSettings } from '@posthorn/runtime/config';
import { jwtVerify, type JWTPayload } from 'jose';
import * as oidc from 'openid-client';
import { SSO_CALLBACK_PATH } from '@posthorn/contract';
import { CLOCK_TOLERANCE_S, type DiscoveredProvider, Discovery } from './discovery.js';
import { hasEmailClaims, type Identity, identityOf, mergeClaims } from './identity.js';
import { type LogoutClaims, logoutOf } from './logout-token.js';
import { ProviderUnavailableError } from './provider-fetch.js';

/** The secrets of a sign-in that is in progress. */
export interface SignInSecrets {
  state: string;
  nonce: string;
  /** Of PKCE. */
  verifier: string;
}

/** A person whom the provider has authenticated. */
export interface Confirmation {
  identity: Identity;
  /** Null if the provider has sent none. */
  refreshToken: string | null;
}

/** The response to a refresh. Its token replaces the one that was sent, also if the rest cannot be confirmed. */
interface RefreshResponse {
  /** Null if the provider has sent none. */
  refreshToken: string | null;
  /** Returns the person. @throws Error if the response is not valid, or is about someone else */
  confirm(): Promise<Identity>;
}

type Tokens = oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers;

/** An OpenID Connect provider. Each method throws `ProviderUnavailableError` if the provider does not respond. */
export class IdentityProvider {
  readonly #settings: SingleSignOnSettings;
  readonly #redirectUri: string;
  readonly #discovery: Discovery;

  constructor(settings: SingleSignOnSettings) {
    this.#settings = settings;
    this.#redirectUri = settings.publicOrigin + SSO_CALLBACK_PATH;
    this.#discovery = new Discovery(settings);
  }

  /** Returns whether the provider responds, within 3 seconds. */
  isAvailable(): Promise<boolean> {
    return this.#discovery.isAvailable();
  }

  /** Returns the page of the provider where a person signs in. */
  async signInPage({ state, nonce, verifier }: SignInSecrets): Promise<URL> {
    const { configuration } = await this.#discovery.provider();
    return oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#redirectUri,
      scope: this.#settings.scopes,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
  }

  /** Returns the person that has signed in. @param query of the callback. @throws Error if the response is not valid */
  async finishSignIn(query: string, { state, nonce, verifier }: SignInSecrets): Promise<Confirmation> {
    const provider = await this.#discovery.provider();
    const tokens = await oidc.authorizationCodeGrant(
      provider.configuration,
      new URL(this.#redirectUri + query),
      { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
    );
    return this.#confirm(provider, tokens, null);
  }

  /** Confirms a person again with a refresh token. @param sending no request is sent after it has aborted @throws Error if the response is not valid */
  async refresh(refreshToken: string, subject: string, sending: AbortSignal): Promise<RefreshResponse> {
    const provider = await this.#discovery.provider();
    throwIfTooLate(sending);
    const tokens = await oidc.refreshTokenGrant(provider.configuration, refreshToken);
    return {
      refreshToken: tokens.refresh_token ?? null,
      confirm: async () => (await this.#confirm(provider, tokens, subject, sending)).identity,
    };
  }

  /** Returns what a logout token ends. @throws Error if it is not valid */
  async verifyLogout(token: string): Promise<LogoutClaims> {
    const provider = await this.#discovery.provider();
    return logoutOf(await this.#verify(provider, token), Date.now());
  }

  /** @param subject the person that is expected; null for whom the ID token names */
  async #confirm(
    provider: DiscoveredProvider,
    tokens: Tokens,
    subject: string | null,
    sending?: AbortSignal,
  ): Promise<Confirmation> {
    throwIfTooLate(sending);
    if (tokens.id_token !== undefined) await this.#verify(provider, tokens.id_token);
    const named = tokens.claims();
    const expected = subject ?? named?.sub;
    if (expected === undefined || (named && named.sub !== expected))
      throw new Error('The ID token is about another person');
    throwIfTooLate(sending);
    const claims = mergeClaims(named ?? {}, await this.#readMissing(provider, tokens, expected));
    const identity = identityOf(claims, this.#settings.groupsClaim);
    return { identity, refreshToken: tokens.refresh_token ?? null };
  }

  /** Reads the claims of the person that the ID token does not have. */
  async #readMissing(
    { configuration }: DiscoveredProvider,
    tokens: Tokens,
    subject: string,
  ): Promise<Record<string, unknown>> {
    const named = tokens.claims();
    const isComplete = named?.[this.#settings.groupsClaim] !== undefined && hasEmailClaims(named);
    if (isComplete || configuration.serverMetadata().userinfo_endpoint === undefined) return {};
    return oidc.fetchUserInfo(configuration, tokens.access_token, subject);
  }

  /** Verifies signature, issuer, audience and times. openid-client checks the rest of an ID token. */
  async #verify({ configuration, keys }: DiscoveredProvider, token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, keys, {
      issuer: configuration.serverMetadata().issuer,
      audience: this.#settings.clientId,
      clockTolerance: CLOCK_TOLERANCE_S,
    });
    // jose compares it only with an age.
    if (payload.iat !== undefined && payload.iat > Date.now() / 1000 + CLOCK_TOLERANCE_S)
      throw new Error('The token is from the future');
    return payload;
  }
}

/** @throws ProviderUnavailableError if no request may be sent any more */
function throwIfTooLate(sending?: AbortSignal): void {
  if (sending?.aborted === true)
    throw new ProviderUnavailableError('No request is sent any more', { cause: sending.reason });
}
