// Single sign-on with a real provider: oidc-provider.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeId, newId } from '@posthorn/core';
import { type IdentityProviderServer, startIdentityProvider } from '@posthorn/testkit';
import { startApi, type TestApi } from './start-api.js';
import { refreshAll, REDIRECT_URI, RULES, singleSignOnWith, TestBrowser } from './single-sign-on.js';

let provider: IdentityProviderServer;
let api: TestApi;

beforeAll(async () => {
  provider = await startIdentityProvider();
  api = await startApi({ singleSignOn: singleSignOnWith(provider) });
  await provider.register({ redirectUri: REDIRECT_URI, logoutUri: `${api.url}/v1/sso/back-channel-logout` });
});
afterAll(async () => {
  await api?.close();
  await provider?.close();
});

beforeEach(() => {
  provider.people.clear();
  provider.people.set('ada', { email: 'ada@example.com', email_verified: true, groups: ['admins', 'x'] });
  provider.current = 'ada';
});

const newestEntry = async (action: string) =>
  (await api.admin.get(`/v1/audit-entries?action=${action}&limit=1`)).body.data[0];

const signedIn = async (subject = 'ada', claims?: Record<string, unknown>) => {
  if (claims) provider.people.set(subject, claims);
  provider.current = subject;
  const browser = new TestBrowser(api);
  expect(await browser.signIn()).toBe('/');
  return browser;
};

describe('signing in', () => {
  it('begins a session of a person with the role of a group, and returns to the page', async () => {
    const browser = new TestBrowser(api);
    expect(await browser.signIn('/webhooks?status=active')).toBe('/webhooks?status=active');
    const { body } = await browser.client.get('/v1/session');
    expect(body.holder).toMatchObject({
      kind: 'person',
      id: expect.stringMatching(/^per_/),
      name: 'ada@example.com',
      email: 'ada@example.com',
      prefix: null,
      role: 'admin',
      tenantId: null,
      tenantIds: null,
    });
    const minutes = (Date.parse(body.expiresAt) - Date.now()) / 60_000;
    expect(Math.round(minutes)).toBe(30);
    expect((await browser.client.post('/v1/event-types', { name: 'made.by.ada' })).status).toBe(201);
    expect(api.logs.join('\n')).toContain(`"personId":"${body.holder.id}"`);
    // Only the confirmation of a person expires.
    const key = (await browser.client.post('/v1/api-keys', { scopes: ['webhooks:read'] })).body;
    expect([body.holder.expiresAt, key.expiresAt]).toEqual([null, null]);
  });

  it.each([
    ['a group', { groups: ['support'] }, 'operator'],
    ['an email address', { email: 'Boss@Example.com', email_verified: true }, 'viewer'],
    ['a domain', { email: '"a@b"@Partner.Example', email_verified: true }, 'viewer'],
  ])('gives the role of %s', async (_by, claims, role) => {
    const browser = await signedIn('someone', claims);
    expect((await browser.client.get('/v1/session')).body.holder.role).toBe(role);
  });

  it('limits a person to the tenants of the rule', async () => {
    const tenant = (await api.admin.post('/v1/tenants', { name: 'limited' })).body;
    const id = decodeId('tenant', tenant.id) ?? '';
    RULES.push({ group: 'limited', role: 'operator', tenantIds: [id, newId()] });
    const browser = await signedIn('limited', { groups: ['limited'] });
    const { body } = await browser.client.get('/v1/session');
    expect(body.holder).toMatchObject({ role: 'operator', tenantId: null, tenantIds: [tenant.id] });
    expect(body.tenants).toEqual([{ id: tenant.id, name: 'limited' }]);
    expect((await browser.client.get('/v1/tenants')).status).toBe(403);

    RULES.splice(-1, 1, { group: 'limited', role: 'operator', tenantIds: [newId()] });
    expect(await new TestBrowser(api).signIn()).toBe('/sign-in?error=sso_no_access');
    RULES.pop();
    expect(await newestEntry('sign_in.failed')).toMatchObject({ after: { reason: 'no_tenant' } });
    expect((await browser.client.get('/v1/session')).status).toBe(401);
  });

  it('reads groups that are not in the ID token', async () => {
    const other = await startIdentityProvider();
    const fresh = await startApi({ singleSignOn: singleSignOnWith(other) });
    await other.register({ redirectUri: REDIRECT_URI, configuration: { conformIdTokenClaims: true } });
    other.people.set('ada', { groups: ['support'], name: 'Ada Lovelace' });
    other.current = 'ada';
    const browser = new TestBrowser(fresh);
    expect(await browser.signIn()).toBe('/');
    expect((await browser.client.get('/v1/session')).body.holder).toMatchObject({
      name: 'Ada Lovelace',
      email: null,
      role: 'operator',
    });
    other.people.set('ada', { groups: [] });
    expect(await refreshAll(fresh)).toEqual(['access_lost']);
    await fresh.close();
    await other.close();
  });

  it.each([
    ['no rule applies', { groups: ['others'], email: 'x@example.com', name: 'X' }, 'no_matching_rule', 'X'],
    [
      'the address is not verified',
      { email: 'boss@example.com', email_verified: false },
      'email_not_verified',
      'other',
    ],
    [
      'a domain is only similar',
      { email: 'a@notpartner.example', email_verified: true },
      'no_matching_rule',
      'a@notpartner.example',
    ],
  ])('gives no access if %s', async (_case, claims, reason, name) => {
    provider.people.set('other', claims);
    provider.current = 'other';
    const browser = new TestBrowser(api);
    expect(await browser.signIn()).toBe('/sign-in?error=sso_no_access');
    expect(browser.cookie).toBeNull();
    expect(await newestEntry('sign_in.failed')).toMatchObject({
      actor: { keyId: null, personId: null, name },
      after: { reason, count: 1 },
    });
  });

  it('says that it was cancelled, and keeps where to return to', async () => {
    provider.current = null;
    expect(await new TestBrowser(api).signIn('/usage')).toBe('/sign-in?error=sso_cancelled&next=%2Fusage');
    expect(await newestEntry('sign_in.failed')).toMatchObject({ after: { reason: 'cancelled' } });
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    'x',
  ])('does not lead to another site: %p', async (next) => {
    expect(await new TestBrowser(api).signIn(next)).toBe('/');
  });

  it('is rejected in another browser, and at a second time', async () => {
    const browser = new TestBrowser(api);
    const callback = await browser.callback();
    const { location } = await new TestBrowser(api).open(callback.href);
    expect(location?.search).toBe('?error=sso_expired');
    expect((await browser.open(callback.href)).location?.pathname).toBe('/');
    expect((await browser.open(callback.href)).location?.search).toBe('?error=sso_expired');
  });

  it('names the person in the audit log, also behind their portal links', async () => {
    const browser = await signedIn();
    const { holder } = (await browser.client.get('/v1/session')).body;
    const session = await newestEntry('session.created');
    expect(session.actor).toMatchObject({ keyId: null, personId: holder.id, name: 'ada@example.com' });
    const { body: link } = await browser.client.post('/v1/portal-links', {
      tenantId: 'default',
      expiresInMinutes: 1440,
    });
    const created = await newestEntry('portal_link.created');
    expect(created.actor).toMatchObject({ personId: holder.id, sessionId: session.target });
    // Longer than the session, but not than the confirmation of the person.
    expect(Math.round((Date.parse(link.expiresAt) - Date.now()) / 3_600_000)).toBe(12);
    const [listed] = (await api.admin.get('/v1/portal-links?limit=1')).body.data;
    expect(listed.createdBy).toBe(holder.id);
    const portal = api.client(String(link.url).split('token=')[1]);
    const { body: webhook } = await portal.post('/v1/webhooks', {
      url: 'http://127.0.0.1:9/',
      eventTypes: ['*'],
    });
    const [change] = (await api.admin.get(`/v1/audit-entries?target=${webhook.id}`)).body.data;
    expect(change.actor).toMatchObject({
      keyId: null,
      personId: holder.id,
      portalLinkId: link.id,
      name: 'ada@example.com (portal)',
    });
    const ofPerson = await api.admin.get(`/v1/audit-entries?actorPersonId=${holder.id}&target=${webhook.id}`);
    expect(ofPerson.body.data).toHaveLength(1);
    const { data } = (await api.admin.get(`/v1/audit-entries?target=${holder.id}`)).body;
    expect(data.at(-1)).toMatchObject({
      action: 'person.changed',
      targetName: 'ada@example.com',
      before: { role: null },
      after: { role: 'admin' },
      actor: { personId: holder.id },
    });
  });
});

describe('a session', () => {
  it('has the role that the provider confirms', async () => {
    const browser = await signedIn();
    const { id } = (await browser.client.get('/v1/session')).body.holder;
    provider.people.set('ada', { email: 'ada@new.example', email_verified: true, groups: ['support'] });
    expect(await refreshAll(api)).toContain('confirmed');
    expect((await browser.client.get('/v1/session')).body.holder).toMatchObject({
      id,
      role: 'operator',
      email: 'ada@new.example',
    });
    expect(await newestEntry('person.changed')).toMatchObject({
      target: id,
      before: { role: 'admin' },
      after: { role: 'operator' },
      actor: { name: 'system' },
    });
    // The provider rotates refresh tokens.
    expect(await refreshAll(api)).toContain('confirmed');
  });

  it('ends with its streams and portal links when the person loses all groups', async () => {
    const browser = await signedIn();
    const { body: link } = await browser.client.post('/v1/portal-links', { tenantId: 'default' });
    const portal = api.client(String(link.url).split('token=')[1]);
    const stream = await fetch(`${api.url}/v1/overview/live`, { headers: { cookie: browser.cookie ?? '' } });
    expect(stream.status).toBe(200);
    provider.people.set('ada', { groups: [] });
    expect(await refreshAll(api)).toContain('access_lost');
    for await (const _ of stream.body ?? []);
    expect((await browser.client.get('/v1/session')).status).toBe(401);
    expect((await portal.get('/v1/session')).status).toBe(401);
    expect(await newestEntry('session.ended')).toMatchObject({
      after: { reason: 'access_lost', name: 'ada@example.com' },
    });
    expect(await newestEntry('person.changed')).toMatchObject({ after: { role: null } });

    provider.people.set('ada', { groups: ['admins'] });
    const again = await signedIn();
    expect((await again.client.get('/v1/session')).status).toBe(200);
    expect((await portal.get('/v1/session')).status).toBe(401);
  });

  it('ends when the provider does not accept its refresh token', async () => {
    const browser = await signedIn();
    provider.people.delete('ada');
    expect(await refreshAll(api)).toContain('ended');
    expect((await browser.client.get('/v1/session')).status).toBe(401);
    expect(await newestEntry('session.ended')).toMatchObject({ after: { reason: 'grant_ended' } });
  });

  it('ends when the provider logs its session out, and no other', async () => {
    const browser = await signedIn();
    const other = await signedIn();
    const { rows } = await api.deps.pool.query('SELECT sid FROM person_session ORDER BY id DESC LIMIT 2');
    await provider.logOut('ada', rows[1].sid);
    expect((await browser.client.get('/v1/session')).status).toBe(401);
    expect((await other.client.get('/v1/session')).status).toBe(200);
    expect(await newestEntry('session.ended')).toMatchObject({ after: { reason: 'logged_out' } });
  });

  it('ends when the person signs out', async () => {
    const browser = await signedIn();
    expect((await browser.client.delete('/v1/session')).status).toBe(204);
    expect((await browser.client.get('/v1/session')).status).toBe(401);
    expect((await newestEntry('session.ended')).actor).toMatchObject({ personId: expect.any(String) });
  });
});
