// Single sign-on with a provider that sends what it should not, or nothing.
import { describe, expect, it } from '@jest/globals';
import { eventually, rsaKey } from '@posthorn/testkit';
import { ForgingProvider, seconds } from './forging-provider.js';
import { cookieOf, signIn } from './sign-in.js';
import { DASHBOARD, singleSignOnWith, TestBrowser, useForgingProvider } from './single-sign-on.js';
import { startApi, type TestApi } from './start-api.js';

const MINUTES = 60;

let provider: ForgingProvider;
let api: TestApi;

useForgingProvider((started) => {
  ({ provider, api } = started);
});

const signInOnce = () => new TestBrowser(api).signIn();

const expectRejected = async () => {
  expect(await signInOnce()).toBe('/sign-in?error=sso_rejected');
  const [entry] = (await api.admin.get('/v1/audit-entries?action=sign_in.failed&limit=1')).body.data;
  expect(entry.after).toEqual({ reason: 'invalid_response', count: expect.any(Number) });
  expect(api.logs.join('\n')).not.toContain(provider.issued);
};

describe('an ID token', () => {
  it('is accepted as it should be', async () => {
    expect(await signInOnce()).toBe('/');
  });

  it.each([
    ['has expired', { exp: seconds() - 3 * MINUTES, iat: seconds() - 4 * MINUTES }],
    ['is for another nonce', { nonce: 'another' }],
    ['has no nonce', { nonce: undefined }],
    ['is for another client', { aud: 'another' }],
    [
      'is for several clients, and was requested by another',
      { aud: ['posthorn', 'another'], azp: 'another' },
    ],
    ['is of another issuer', { iss: 'https://another.example' }],
    ['has no subject', { sub: undefined }],
    ['has a subject of 300 characters', { sub: 'x'.repeat(300) }],
    ['is issued in the future', { iat: seconds() + 60 * MINUTES, exp: seconds() + 61 * MINUTES }],
    ['is from the future', { iat: seconds() + 10 * MINUTES, nbf: seconds() + 10 * MINUTES }],
  ])('is rejected if it %s', async (_case, claims) => {
    provider.tamper = (all) => ({ ...all, ...claims });
    await expectRejected();
  });

  it('is rejected if another key has signed it', async () => {
    provider.forgingKey = rsaKey('forging');
    await expectRejected();
  });

  it('is rejected if it belongs to an earlier sign-in', async () => {
    expect(await signInOnce()).toBe('/');
    provider.replayed = provider.issued;
    await expectRejected();
  });

  it('is rejected without a signature', async () => {
    const parts = [
      { alg: 'none' },
      { iss: provider.issuer, aud: 'posthorn', sub: 'ada', exp: seconds() + 60, iat: seconds() },
    ];
    provider.replayed = `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
    await expectRejected();
  });

  it.each([-2, 2])('is accepted if the clock of the provider is %d minutes off', async (minutes) => {
    provider.tamper = (all) => {
      const iat = seconds() + minutes * MINUTES - Math.sign(minutes) * 5;
      return { ...all, iat, exp: iat + 30, nbf: iat };
    };
    expect(await signInOnce()).toBe('/');
  });

  it('is accepted after the keys of the provider have been rotated', async () => {
    expect(await signInOnce()).toBe('/');
    provider.rotateKeys();
    // Keys that were read a moment ago are not read again at once.
    await eventually(async () => expect(await signInOnce()).toBe('/'));
  });
});

describe('a callback', () => {
  it('is rejected with another state', async () => {
    const browser = new TestBrowser(api);
    const callback = await browser.callback();
    callback.searchParams.set('state', 'another');
    expect((await browser.open(callback.href)).location?.href).toBe(`${DASHBOARD}/sign-in?error=sso_expired`);
    expect(provider.tokenRequests).toEqual([]);
  });

  it('is rejected with a code that was used before', async () => {
    const first = new TestBrowser(api);
    const used = await first.callback();
    await first.open(used.href);
    const second = new TestBrowser(api);
    const callback = await second.callback();
    callback.searchParams.set('code', used.searchParams.get('code') ?? '');
    expect((await second.open(callback.href)).location?.search).toBe('?error=sso_rejected');
  });

  it.each([
    ['server_error', 'sso_unavailable'],
    ['access_denied', 'sso_cancelled'],
    ['invalid_scope', 'sso_rejected'],
  ])('with the error %s of the provider has the code %s', async (error, code) => {
    const browser = new TestBrowser(api);
    const callback = await browser.callback();
    callback.searchParams.delete('code');
    callback.searchParams.set('error', error);
    expect((await browser.open(callback.href)).location?.search).toBe(`?error=${code}`);
  });

  it('sends the verifier of PKCE to the token endpoint', async () => {
    expect(await signInOnce()).toBe('/');
    expect(provider.tokenRequests[0]?.get('code_verifier')).toMatch(/^[\w-]{43}$/);
  });
});

describe('a provider', () => {
  it.each([
    ['is down', 503],
    ['hangs', 'hang'],
  ] as const)(
    'that %s at the token endpoint is unavailable, and keys still work',
    async (_case, failure) => {
      provider.failures.set('/token', failure);
      expect(await signInOnce()).toBe('/sign-in?error=sso_unavailable');
      const session = await signIn(api, api.adminKey);
      expect((await session.get('/v1/session')).status).toBe(200);
    },
    30_000,
  );

  it('that omits groups from tokens is named as the reason', async () => {
    provider.claims = { sub: 'many', _claim_names: { groups: 'src1' } };
    expect(await signInOnce()).toBe('/sign-in?error=sso_no_access');
    const [entry] = (await api.admin.get('/v1/audit-entries?action=sign_in.failed&limit=1')).body.data;
    expect(entry.after).toMatchObject({ reason: 'groups_omitted' });
    provider.claims = { ...provider.claims, email: 'boss@example.com', email_verified: true };
    expect(await signInOnce()).toBe('/');
  });
});

describe('the address of a person', () => {
  const PARTNER = { email: 'x@partner.example' };

  it.each([
    ['one response verifies it', PARTNER, { email: 'ada@example.com', email_verified: true }, false],
    ['the other has another', { email_verified: true }, PARTNER, false],
    ['the user info verifies it', PARTNER, { ...PARTNER, email_verified: true }, true],
    ['the ID token verifies it', { ...PARTNER, email_verified: true }, {}, true],
  ])('gives access if %s: %p, %p: %p', async (_case, claims, userInfo, hasAccess) => {
    provider.claims = { sub: 'ada', groups: [], ...claims };
    provider.userInfo = { sub: 'ada', ...userInfo };
    // The description of the provider is read once an hour.
    const fresh = await startApi({ singleSignOn: singleSignOnWith(provider) });
    expect(await new TestBrowser(fresh).signIn()).toBe(hasAccess ? '/' : '/sign-in?error=sso_no_access');
    await fresh.close();
  });
});

describe('a session of a key', () => {
  it('ends when sign-in with keys is switched off, and that of a person does not', async () => {
    const ofKey = cookieOf(await api.client().post('/v1/session', { key: api.adminKey }));
    const browser = new TestBrowser(api);
    expect(await browser.signIn()).toBe('/');
    const statuses = async (of: TestApi) => {
      const cookies = [ofKey, browser.cookie ?? ''];
      const responses = cookies.map((cookie) => of.client().get('/v1/session', { cookie }));
      return (await Promise.all(responses)).map(({ status }) => status);
    };
    expect(await statuses(api)).toEqual([200, 200]);
    const lookupPool = api.deps.pool;
    const strict = await startApi({ singleSignOn: singleSignOnWith(provider), keySignIn: false, lookupPool });
    expect(await statuses(strict)).toEqual([401, 200]);
    await strict.close();
  });
});

describe('the sign-in page', () => {
  it('shows the provider', async () => {
    expect((await api.client().get('/v1/sign-in-options')).body).toEqual({
      apiKey: true,
      singleSignOn: { name: 'Example', available: true },
    });
  });

  it.each([
    ['is down', (url: string) => url],
    ['is somewhere else', () => 'http://127.0.0.1:9'],
    ['has keys at another host over http', (url: string) => url],
    ['describes another issuer', (url: string) => url.replace('127.0.0.1', 'localhost')],
  ])('says that a provider is unavailable that %s', async (what, issuerOf) => {
    const other = await new ForgingProvider().start();
    if (what === 'is down') other.failures.set('/.well-known/openid-configuration', 500);
    if (what.startsWith('has keys')) other.description = { jwks_uri: 'http://keys.example/jwks' };
    const issuer = issuerOf(other.issuer);
    const fresh = await startApi({ singleSignOn: singleSignOnWith(other, { issuer }) });
    const { body } = await fresh.client().get('/v1/sign-in-options');
    expect(body.singleSignOn.available).toBe(false);
    const { location } = await new TestBrowser(fresh).open('/v1/sso/start');
    expect(location?.href).toBe(`${DASHBOARD}/sign-in?error=sso_unavailable`);
    await fresh.close();
    await other.close();
  });

  it('waits 3 seconds for a provider that hangs, and then knows for a while', async () => {
    const slow = await new ForgingProvider().start();
    slow.failures.set('/.well-known/openid-configuration', 'hang');
    const fresh = await startApi({ singleSignOn: singleSignOnWith(slow) });
    const startedAtMs = performance.now();
    expect((await fresh.client().get('/v1/sign-in-options')).body.singleSignOn.available).toBe(false);
    const waitedMs = performance.now() - startedAtMs;
    expect(waitedMs).toBeGreaterThan(2900);
    expect(waitedMs).toBeLessThan(9000);
    expect((await fresh.client().get('/v1/sign-in-options')).body.singleSignOn.available).toBe(false);
    expect(performance.now() - startedAtMs - waitedMs).toBeLessThan(2900);
    await fresh.close();
    await slow.close();
  }, 30_000);

  it('does without single sign-on', async () => {
    const without = await startApi();
    expect((await without.client().get('/v1/sign-in-options')).body).toEqual({
      apiKey: true,
      singleSignOn: null,
    });
    expect((await without.client().get('/v1/sso/start')).status).toBe(404);
    expect((await without.client().post('/v1/sso/back-channel-logout', {})).status).toBe(404);
    await without.close();
  });

  it('limits the failures of an address', async () => {
    const strict = await startApi({ singleSignOn: singleSignOnWith(provider), authFailuresPerMinute: 2 });
    const errors: (string | null)[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { location } = await new TestBrowser(strict).open('/v1/sso/callback?code=x&state=y');
      errors.push(location && location.searchParams.get('error'));
    }
    const logout = await fetch(`${strict.url}/v1/sso/back-channel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: 'x' }),
    });
    expect([...errors, logout.status]).toEqual(['sso_expired', 'sso_expired', 'sso_rate_limited', 429]);
    expect(await new TestBrowser(strict).signIn()).toBe('/');
    await strict.close();
  });

  it('takes no keys where they are switched off', async () => {
    const strict = await startApi({ singleSignOn: singleSignOnWith(provider), keySignIn: false });
    expect((await strict.client().get('/v1/sign-in-options')).body.apiKey).toBe(false);
    expect(await strict.client().post('/v1/session', { key: strict.adminKey })).toMatchObject({
      status: 403,
      body: { code: 'key_sign_in_disabled' },
    });
    expect((await strict.admin.get('/v1/webhooks')).status).toBe(200);
    const { body: link } = await strict.admin.post('/v1/portal-links', { tenantId: 'default' });
    const portal = strict.client(String(link.url).split('token=')[1]);
    expect((await portal.get('/v1/session')).status).toBe(200);
    expect(await new TestBrowser(strict).signIn()).toBe('/');
    await strict.close();
  });
});
