import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { Configuration, Provider } from 'oidc-provider';
import { rsaKey } from './rsa-keys.js';

/** The claims of a person, besides `sub`. */
export type PersonClaims = Record<string, unknown>;

/** An OpenID Connect provider: oidc-provider, whose sign-in page signs in at once. */
export interface IdentityProviderServer {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** By subject. One that is deleted has no valid tokens. */
  people: Map<string, PersonClaims>;
  /** Who signs in next. Null: cancels. */
  current: string | null;
  /** The types of the grants for which tokens were issued. */
  grants: string[];
  /** Registers Posthorn, whose address need not be known before. */
  register(client: { redirectUri: string; logoutUri?: string; configuration?: Configuration }): Promise<void>;
  /** Sends a logout to Posthorn. */
  logOut(subject: string, sid?: string): Promise<void>;
  /** Stops listening. */
  close(): Promise<void>;
  /** Listens again after `close`, at the same address and with the same sessions. */
  reopen(): Promise<void>;
}

const unavailable: RequestListener = (_request, response) => void response.writeHead(503).end();

const CLIENT_ID = 'posthorn';
const CLIENT_SECRET = 'a client secret: +%';
const SCOPES = 'openid email profile groups offline_access';

/** Starts the provider on a free port of this machine. For a browser, another host than that of Posthorn is another site. */
export async function startIdentityProvider(host = '127.0.0.1'): Promise<IdentityProviderServer> {
  let handle = unavailable;
  let provider: Provider | undefined;
  const server = createServer((request, response) => handle(request, response));
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The identity provider has no port');
  const { port } = address;
  const issuer = `http://${host}:${port}`;

  const self: IdentityProviderServer = {
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    people: new Map(),
    current: null,
    grants: [],
    async register({ redirectUri, logoutUri, configuration }) {
      const created = await createProvider(self, { redirectUri, logoutUri, configuration });
      provider = created;
      created.on('grant.success', ({ oidc }) => void self.grants.push(String(oidc.params?.['grant_type'])));
      const serve = created.callback();
      handle = (request, response) =>
        void (request.url?.startsWith('/interaction/')
          ? finishInteraction(created, self.current, request, response)
          : serve(request, response));
    },
    async logOut(subject, sid) {
      const client: unknown = await provider?.Client.find(CLIENT_ID);
      if (!hasLogout(client)) throw new Error('The identity provider has no client');
      await client.backchannelLogout(subject, sid);
    },
    async close() {
      if (!server.listening) return;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
    async reopen() {
      if (server.listening) return;
      server.listen(port, host);
      await once(server, 'listening');
    },
  };
  return self;
}

interface LogoutClient {
  backchannelLogout(subject: string, sid?: string): Promise<void>;
}

/** The types of oidc-provider lack the method. */
const hasLogout = (client: unknown): client is LogoutClient =>
  typeof client === 'object' && client !== null && 'backchannelLogout' in client;

async function createProvider(
  { issuer, people }: IdentityProviderServer,
  {
    redirectUri,
    logoutUri,
    configuration,
  }: { redirectUri: string; logoutUri: string | undefined; configuration: Configuration | undefined },
): Promise<Provider> {
  // Loaded here: few tests need it.
  const { Provider: OidcProvider } = await import('oidc-provider');
  return new OidcProvider(issuer, {
    jwks: {
      keys: [
        { ...rsaKey('identity provider').export({ format: 'jwk' }), kid: 'first', use: 'sig', alg: 'RS256' },
      ],
    },
    cookies: { keys: ['of no use here'] },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        ...(logoutUri !== undefined && {
          backchannel_logout_uri: logoutUri,
          backchannel_logout_session_required: true,
        }),
      },
    ],
    scopes: SCOPES.split(' '),
    claims: { email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, sub) => {
      const claims = people.get(sub);
      return claims && { accountId: sub, claims: () => ({ sub, ...claims }) };
    },
    ttl: { AccessToken: 60, Grant: 3600, IdToken: 60, Interaction: 600, RefreshToken: 3600, Session: 3600 },
    issueRefreshToken: () => true,
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: CLIENT_ID,
        accountId: oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope(SCOPES);
      await grant.save();
      return grant;
    },
    ...configuration,
  });
}

/** Signs in without a page. */
async function finishInteraction(
  provider: Provider,
  current: string | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const result = current === null ? { error: 'access_denied' } : { login: { accountId: current } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}
