import { insecureEndpoints, isLoopbackHttp, settlesWithin } from '@posthorn/core';
import { createRemoteJWKSet, customFetch as fetchKeys, type JWTVerifyGetKey } from 'jose';
import * as oidc from 'openid-client';
import { PROVIDER_TIMEOUT_MS, providerFetch, ProviderUnavailableError } from './provider-fetch.js';
import { fetchUsableKeys } from './provider-keys.js';

/** How much the clocks of the identity provider and of Posthorn may differ, in seconds. */
export const CLOCK_TOLERANCE_S = 120;

const HOUR_MS = 3_600_000;

/** How long it is known whether the provider responds, in milliseconds. */
const AVAILABILITY_MS = 10_000;

/** How long the sign-in page waits to know it, in milliseconds. */
const PATIENCE_MS = 3000;

/** How often unknown keys of tokens make the keys of the provider be read again, in milliseconds. */
const KEYS_COOLDOWN_MS = 5000;

/** The provider as it describes itself. */
export interface DiscoveredProvider {
  configuration: oidc.Configuration;
  /** The keys that sign its tokens. */
  keys: JWTVerifyGetKey;
}

interface ProviderClient {
  issuer: string;
  clientId: string;
  clientSecret: string;
}

/** Reads the configuration of an identity provider when it is needed, again after an hour or a failure. */
export class Discovery {
  readonly #client: ProviderClient;
  #found: DiscoveredProvider | null = null;
  #foundAtMs = 0;
  #attempt: Promise<DiscoveredProvider> | null = null;
  #availability: { isAvailable: boolean; atMs: number } | null = null;

  constructor(client: ProviderClient) {
    this.#client = client;
  }

  /** Returns the provider. @throws ProviderUnavailableError */
  async provider(): Promise<DiscoveredProvider> {
    const isFresh = this.#found !== null && performance.now() - this.#foundAtMs < HOUR_MS;
    return isFresh && this.#found ? this.#found : this.#discover();
  }

  /** Returns whether the provider responds, within 3 seconds. */
  async isAvailable(): Promise<boolean> {
    const known = this.#availability;
    if (known && performance.now() - known.atMs < AVAILABILITY_MS) return known.isAvailable;
    const isAvailable = await settlesWithin(this.#discover(), PATIENCE_MS).catch(() => false);
    this.#availability = { isAvailable, atMs: performance.now() };
    return isAvailable;
  }

  /** Calls at the same time share a request. */
  #discover(): Promise<DiscoveredProvider> {
    this.#attempt ??= this.#request().finally(() => {
      this.#attempt = null;
    });
    return this.#attempt;
  }

  /** @throws ProviderUnavailableError also if the description names another issuer */
  async #request(): Promise<DiscoveredProvider> {
    const configuration = await discover(this.#client).catch((cause: unknown) => {
      throw new ProviderUnavailableError('The identity provider was not discovered', { cause });
    });
    const metadata = configuration.serverMetadata();
    const insecure = insecureEndpoints(metadata, this.#client.issuer);
    if (insecure.length > 0)
      throw new ProviderUnavailableError(`The identity provider does not use https: ${insecure.join(', ')}`);
    const { jwks_uri: uri } = metadata;
    if (uri === undefined) throw new ProviderUnavailableError('The identity provider has no jwks_uri');
    const isSame = this.#found?.configuration.serverMetadata().jwks_uri === uri;
    const keys = (isSame && this.#found?.keys) || keysAt(uri);
    this.#found = { configuration, keys };
    this.#foundAtMs = performance.now();
    return this.#found;
  }
}

function discover({ issuer, clientId, clientSecret }: ProviderClient): Promise<oidc.Configuration> {
  const url = new URL(issuer);
  return oidc.discovery(
    url,
    clientId,
    { [oidc.clockTolerance]: CLOCK_TOLERANCE_S },
    authenticateClient(clientSecret),
    {
      timeout: PROVIDER_TIMEOUT_MS / 1000,
      [oidc.customFetch]: providerFetch,
      // oxlint-disable-next-line typescript/no-deprecated -- plain http is for tests on the own machine
      execute: isLoopbackHttp(issuer) ? [oidc.allowInsecureRequests] : [],
    },
  );
}

/** Sends the client secret in the way that OAuth 2.0 requires of every server, or in the body if the provider lists only that. */
function authenticateClient(secret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authenticate = methods.includes('client_secret_basic') ? basic : post;
    authenticate(server, client, body, headers);
  };
}

const keysAt = (uri: string): JWTVerifyGetKey =>
  createRemoteJWKSet(new URL(uri), {
    timeoutDuration: PROVIDER_TIMEOUT_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    [fetchKeys]: fetchUsableKeys,
  });
