// Single sign-on in a whole system of two processes, as configured by environment variables.
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connect, type Database } from '@posthorn/database/connection';
import { freePort, type Stack, startStack } from '@posthorn/local';
import {
  apiClient,
  type CuttableProxy,
  eventually,
  type IdentityProviderServer,
  startCuttableProxy,
  startIdentityProvider,
  type TestServers,
  testServers,
} from '@posthorn/testkit';

let stack: Stack;
let servers: TestServers;
let provider: IdentityProviderServer;
let postgres: CuttableProxy;
let database: Database;

beforeAll(async () => {
  servers = await testServers();
  provider = await startIdentityProvider();
  postgres = await startCuttableProxy(servers.databaseUrl);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  stack = await startStack({
    ephemeral: true,
    role: 'all',
    processes: 2,
    servers: { ...servers, databaseUrl: postgres.url },
    port,
    env: {
      POSTHORN_PUBLIC_URL: origin,
      POSTHORN_KEY_SIGN_IN: 'false',
      POSTHORN_OIDC_ISSUER: provider.issuer,
      POSTHORN_OIDC_CLIENT_ID: provider.clientId,
      POSTHORN_OIDC_CLIENT_SECRET: provider.clientSecret,
      POSTHORN_OIDC_SCOPES: 'openid email groups',
      POSTHORN_OIDC_ROLES: '[{"group":"admins","role":"admin"}]',
    },
  });
  await provider.register({
    redirectUri: `${origin}/v1/sso/callback`,
    logoutUri: `${origin}/v1/sso/back-channel-logout`,
  });
  database = connect({ url: servers.databaseUrl, applicationName: 'single sign-on test' });
}, 120_000);

afterAll(async () => {
  await database?.stop();
  await stack?.stop();
  await provider?.close();
  await postgres?.close();
  await servers?.drop();
});

/** Signs in as a browser does. Returns the cookie of the session. @param onCallback called before the provider's response is sent to Posthorn */
async function signIn(onCallback: () => Promise<void> = async () => {}): Promise<string> {
  const jars = new Map<string, string[]>();
  let url = new URL('/v1/sso/start', stack.apiUrl);
  for (;;) {
    if (url.pathname === '/v1/sso/callback') await onCallback();
    const jar = jars.get(url.host) ?? [];
    const response = await fetch(url, { redirect: 'manual', headers: { cookie: jar.join('; ') } });
    const received = response.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    jars.set(url.host, [...jar, ...received]);
    const session = received.find((cookie) => cookie.startsWith('posthorn_session='));
    if (session !== undefined) return session;
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url.href} returns ${response.status}`);
    url = new URL(location, url);
  }
}

const statusOf = async (cookie: string) =>
  (await fetch(`${stack.apiUrl}/v1/session`, { headers: { cookie } })).status;

it('gives a person access for as long as the provider confirms it, asked by one process at a time', async () => {
  provider.people.set('ada', { email: 'ada@example.com', groups: ['admins'] });
  provider.current = 'ada';
  const cookie = await signIn();
  expect(await statusOf(cookie)).toBe(200);
  const key = await apiClient(stack.apiUrl).post('/v1/session', { key: stack.adminKey });
  expect(key).toMatchObject({ status: 403, body: { code: 'key_sign_in_disabled' } });

  await database.pool.query(`UPDATE person_session SET refresh_at = now() - interval '1 second'`);
  const isConfirmed = 'SELECT FROM person_session WHERE refresh_at > now() + interval $1';
  await eventually(async () =>
    expect((await database.pool.query(isConfirmed.replace('$1', `'2 minutes'`))).rowCount).toBe(1),
  );
  expect(provider.grants).toEqual(['authorization_code', 'refresh_token']);

  const stream = await fetch(`${stack.apiUrl}/v1/overview/live`, { headers: { cookie } });
  provider.people.set('ada', { email: 'ada@example.com', groups: [] });
  await database.pool.query(`UPDATE person_session SET refresh_at = now() - interval '1 second'`);
  for await (const _ of stream.body ?? []);
  expect(await statusOf(cookie)).toBe(401);
});

it('ends a session when the provider logs the person out', async () => {
  provider.people.set('bob', { groups: ['admins'] });
  provider.current = 'bob';
  const cookie = await signIn();
  const { rows } = await database.pool.query<{ sid: string }>('SELECT sid FROM person_session');
  await provider.logOut('bob', rows[0]?.sid);
  expect(await statusOf(cookie)).toBe(401);
});

it('leads back to the sign-in page while PostgreSQL is unavailable, and succeeds afterwards', async () => {
  provider.people.set('ada', { groups: ['admins'] });
  provider.current = 'ada';
  const disconnected = signIn(async () => postgres.redirect(`http://127.0.0.1:${await freePort()}`));
  await expect(disconnected).rejects.toThrow('/sign-in?error=sso_unavailable');
  postgres.redirect(servers.databaseUrl);
  await eventually(async () => expect(await statusOf(await signIn())).toBe(200));
});
