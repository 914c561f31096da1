import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { rsaKey } from '@posthorn/testkit';
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';

interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

function signingKey(name: string): SigningKey {
  const privateKey = rsaKey(name);
  return { kid: randomUUID(), privateKey, publicKey: createPublicKey(privateKey) };
}

const jwkOf = async ({ publicKey, kid }: SigningKey): Promise<JWK> => ({
  ...(await exportJWK(publicKey)),
  kid,
  alg: 'RS256',
  use: 'sig',
});

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** An OpenID Connect provider whose tokens, times and failures a test decides. Its sign-in page redirects at once. */
export class ForgingProvider {
  readonly clientId = 'posthorn';
  readonly clientSecret = 'a secret';
  /** The claims of people, besides those that every ID token has. */
  claims: JWTPayload = { sub: 'ada', email: 'ada@example.com', email_verified: true, groups: ['admins'] };
  /** The claims that the user info endpoint returns. Null: there is none. */
  userInfo: JWTPayload | null = null;
  /** Changes how the provider describes itself. */
  description: Record<string, unknown> = {};
  /** Changes an ID token before it is signed. */
  tamper: (claims: JWTPayload) => JWTPayload = (claims) => claims;
  /** Signs ID tokens, with the id of the published key. */
  forgingKey: KeyObject | null = null;
  /** Published before the key that signs. */
  otherKeys: readonly JWK[] = [];
  /** Returned in place of a new ID token. */
  replayed: string | null = null;
  /** The last ID token. */
  issued = '';
  /** Responses by path that replace the usual ones: a status, or none at all. */
  readonly failures = new Map<string, number | 'hang'>();
  /** Called before the token endpoint responds. */
  beforeToken: () => Promise<void> = async () => {};
  /** The parameters of the requests to the token endpoint. */
  readonly tokenRequests: URLSearchParams[] = [];
  /** The refresh token of all sessions. Null: none is issued. */
  refreshToken: string | null = 'a refresh token';
  /** Whether each refresh token is accepted once, and replaced. */
  rotatesTokens = false;
  #key = signingKey('first');
  readonly #nonces = new Map<string, string>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #issuer = '';

  async start(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.#issuer = `http://127.0.0.1:${address.port}`;
    return this;
  }

  get issuer(): string {
    return this.#issuer;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Makes the provider as it was at first. */
  reset(): void {
    this.claims = { sub: 'ada', email: 'ada@example.com', email_verified: true, groups: ['admins'] };
    this.userInfo = null;
    this.description = {};
    this.tamper = (claims) => claims;
    this.forgingKey = null;
    this.otherKeys = [];
    this.replayed = null;
    this.refreshToken = 'a refresh token';
    this.rotatesTokens = false;
    this.failures.clear();
    this.tokenRequests.length = 0;
    this.beforeToken = async () => {};
  }

  /** Replaces the keys. */
  rotateKeys(): void {
    this.#key = signingKey(this.#key.kid);
  }

  /** The id of the published key. */
  get keyId(): string {
    return this.#key.kid;
  }

  /** Returns a logout token. */
  async logoutToken(claims: JWTPayload): Promise<string> {
    return this.#sign({
      iss: this.#issuer,
      aud: this.clientId,
      iat: seconds(),
      jti: randomUUID(),
      events: { [LOGOUT_EVENT]: {} },
      ...claims,
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.#issuer);
    const failure = this.failures.get(url.pathname);
    if (failure === 'hang') return;
    if (failure !== undefined) return void response.writeHead(failure).end();
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
        return sendJson(response, this.#description());
      case '/jwks':
        return sendJson(response, { keys: [...this.otherKeys, await jwkOf(this.#key)] });
      case '/authorize':
        return this.#authorize(url, response);
      case '/token':
        return this.#token(new URLSearchParams(await textOf(request)), response);
      case '/userinfo':
        return sendJson(response, this.userInfo ?? {});
      default:
        return void response.writeHead(404).end();
    }
  }

  #description(): object {
    const issuer = this.#issuer;
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
      ...(this.userInfo && { userinfo_endpoint: `${issuer}/userinfo` }),
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      ...this.description,
    };
  }

  #authorize({ searchParams }: URL, response: ServerResponse): void {
    const code = randomUUID();
    this.#nonces.set(code, searchParams.get('nonce') ?? '');
    const callback = new URL(searchParams.get('redirect_uri') ?? '');
    callback.searchParams.set('code', code);
    callback.searchParams.set('state', searchParams.get('state') ?? '');
    response.writeHead(302, { location: callback.href }).end();
  }

  async #token(parameters: URLSearchParams, response: ServerResponse): Promise<void> {
    this.tokenRequests.push(parameters);
    await this.beforeToken();
    const code = parameters.get('code');
    const nonce = code === null ? undefined : this.#nonces.get(code);
    if (code !== null) this.#nonces.delete(code);
    else if (parameters.get('refresh_token') !== this.refreshToken)
      return sendJson(response, { error: 'invalid_grant' }, 400);
    else if (this.rotatesTokens) this.refreshToken = randomUUID();
    if (code !== null && nonce === undefined) return sendJson(response, { error: 'invalid_grant' }, 400);
    this.issued = this.replayed ?? (await this.#idToken(nonce));
    sendJson(response, {
      access_token: 'an access token',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: this.issued,
      ...(this.refreshToken !== null && { refresh_token: this.refreshToken }),
    });
  }

  #idToken(nonce: string | undefined): Promise<string> {
    const iat = seconds();
    return this.#sign(
      this.tamper({
        iss: this.#issuer,
        aud: this.clientId,
        iat,
        exp: iat + 60,
        ...(nonce !== undefined && { nonce }),
        ...this.claims,
      }),
    );
  }

  #sign(claims: JWTPayload): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: this.#key.kid })
      .sign(this.forgingKey ?? this.#key.privateKey);
  }
}

export const seconds = (): number => Math.floor(Date.now() / 1000);

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
