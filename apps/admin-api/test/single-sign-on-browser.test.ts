// What browsers, and programs that pretend to be some, do to single sign-on.
import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import { setSignInCookie } from '../src/single-sign-on/sign-in-cookie.js';
import type { ForgingProvider } from './forging-provider.js';
import { DASHBOARD, singleSignOnWith, TestBrowser, useForgingProvider } from './single-sign-on.js';
import { startApi, type TestApi } from './start-api.js';

let provider: ForgingProvider;
let api: TestApi;

useForgingProvider((started) => {
  ({ provider, api } = started);
});

const failed = (error: string) => `/sign-in?error=${error}`;

/** Sends what the provider would send to a browser that has begun no sign-in. */
async function sendCallback(to: TestApi): Promise<string | undefined> {
  const { response, location } = await new TestBrowser(to).open('/v1/sso/callback?code=x&state=y');
  expect(response.status).toBe(302);
  expect(location?.origin).toBe(DASHBOARD);
  return location ? location.pathname + location.search : undefined;
}

async function recordedFailures({ deps }: TestApi): Promise<number> {
  const { rows } = await deps.pool.query(
    `SELECT coalesce(sum(count + 1), 0)::integer AS count FROM audit_repeat`,
  );
  return rows[0].count;
}

/** Sends the callback of a sign-in that was begun some time ago. Returns the query of the page that follows. */
async function finishLate(agoMs: number): Promise<string> {
  const secrets = { state: 'a state', nonce: 'a nonce', verifier: 'v'.repeat(43) };
  const pending = { ...secrets, next: '/', begunAtMs: Date.now() - agoMs };
  const [cookie = ''] = setSignInCookie(pending, api.deps.sealer, { header: undefined, isSecure: false });
  const { headers } = await fetch(`${api.url}/v1/sso/callback?code=x&state=a+state`, {
    redirect: 'manual',
    headers: { cookie: cookie.split(';')[0] ?? '' },
  });
  return new URL(headers.get('location') ?? '').search;
}

describe('the limit of failures of an address', () => {
  const LIMIT = 3;
  let limited: TestApi;
  beforeEach(async () => {
    limited = await startApi({ singleSignOn: singleSignOnWith(provider), authFailuresPerMinute: LIMIT });
  });
  afterEach(() => limited.close());

  it('bounds the entries of the audit log, and leads to the sign-in page', async () => {
    for (let sent = 0; sent < LIMIT; sent += 1)
      expect(await sendCallback(limited)).toBe(failed('sso_expired'));
    for (let sent = 0; sent < 5; sent += 1)
      expect(await sendCallback(limited)).toBe(failed('sso_rate_limited'));
    expect(await recordedFailures(limited)).toBe(LIMIT);
    // Only failures are limited.
    expect(await new TestBrowser(limited).signIn()).toBe('/');
  });

  it('counts sign-ins that fail because the provider is unavailable, or are cancelled', async () => {
    const browser = new TestBrowser(limited);
    const callback = await browser.callback();
    callback.searchParams.delete('code');
    callback.searchParams.set('error', 'access_denied');
    expect((await browser.open(callback.href)).location?.search).toBe('?error=sso_cancelled');
    provider.failures.set('/token', 503);
    for (let sent = 1; sent < LIMIT; sent += 1)
      expect(await new TestBrowser(limited).signIn()).toBe(failed('sso_unavailable'));
    expect(await new TestBrowser(limited).signIn()).toBe(failed('sso_rate_limited'));
    expect(await recordedFailures(limited)).toBe(LIMIT);
  });
});

/** Sends a callback of each of these addresses at the same time. Returns the results of those that are refused, and a function that ends the others. */
async function occupySlots(to: TestApi, addresses: readonly string[], admitted: number) {
  const browsers = addresses.map((address) => new TestBrowser(to, { 'x-forwarded-for': address }));
  const callbacks: URL[] = [];
  for (const browser of browsers) callbacks.push(await browser.callback());
  const requests = new EventEmitter();
  const released = once(requests, 'released');
  provider.beforeToken = async () => void (await released);
  const results: (string | undefined)[] = [];
  const all = browsers.map(async (browser, index) => {
    const { location } = await browser.open(callbacks[index]?.href ?? '');
    results.push(location?.search);
  });
  await eventually(() => expect(results).toHaveLength(addresses.length - admitted));
  await eventually(() => expect(provider.tokenRequests).toHaveLength(admitted));
  return {
    refused: [...results],
    async finish() {
      requests.emit('released');
      await Promise.all(all);
      return results.slice(addresses.length - admitted);
    },
  };
}

const times = (count: number, value: string): string[] => Array.from({ length: count }, () => value);

describe('callbacks in progress', () => {
  let proxied: TestApi;
  beforeEach(async () => {
    proxied = await startApi({ singleSignOn: singleSignOnWith(provider), trustProxy: ['127.0.0.0/8'] });
  });
  afterEach(() => proxied.close());

  it('are at most 20', async () => {
    const before = await recordedFailures(proxied);
    const addresses = Array.from({ length: 25 }, (_, index) => `192.0.2.${index}`);
    const { refused, finish } = await occupySlots(proxied, addresses, 20);
    expect(refused).toEqual(times(5, '?error=sso_unavailable'));
    expect(await recordedFailures(proxied)).toBe(before);
    expect(await finish()).toEqual(times(20, ''));
    expect(await new TestBrowser(proxied).signIn()).toBe('/');
  });

  it('are at most 10 of one network, with one warning for those that are refused', async () => {
    const addresses = Array.from({ length: 16 }, (_, index) => `2001:db8::${index}`);
    const { refused, finish } = await occupySlots(proxied, addresses, 10);
    expect(refused).toEqual(times(6, '?error=sso_unavailable'));
    const warnings = proxied.logs.filter((line) => line.includes('too many sign-ins are in progress'));
    expect(warnings.length).toBeLessThan(6);
    expect(warnings[0]).toContain('2001:db8::');
    const signedIn = new TestBrowser(proxied, { 'x-forwarded-for': '192.0.2.1' }).signIn();
    await eventually(() => expect(provider.tokenRequests).toHaveLength(11));
    expect(await finish()).toEqual(times(10, ''));
    expect(await signedIn).toBe('/');
    expect(await new TestBrowser(proxied, { 'x-forwarded-for': '2001:db8::1' }).signIn()).toBe('/');
  });
});

describe('a browser', () => {
  it('can sign in with two tabs at the same time', async () => {
    const browser = new TestBrowser(api);
    const first = await browser.callback('/webhooks');
    const second = await browser.callback('/usage');
    expect((await browser.open(first.href)).location?.pathname).toBe('/webhooks');
    expect((await browser.open(second.href)).location?.pathname).toBe('/usage');
  });

  it('keeps a sign-in when another fails', async () => {
    const browser = new TestBrowser(api);
    const callback = await browser.callback();
    expect((await browser.open('/v1/sso/callback?code=x&state=y')).location?.search).toBe(
      '?error=sso_expired',
    );
    expect((await browser.open(callback.href)).location?.pathname).toBe('/');
  });

  it('keeps at most 4 sign-ins, the newest ones', async () => {
    const browser = new TestBrowser(api);
    const callbacks: URL[] = [];
    for (let tab = 0; tab < 6; tab += 1) callbacks.push(await browser.callback());
    const results: (string | undefined)[] = [];
    for (const { href } of callbacks) results.push((await browser.open(href)).location?.search);
    expect(results).toEqual(['?error=sso_expired', '?error=sso_expired', '', '', '', '']);
  });

  it('sends no more than 8 KiB of cookies', async () => {
    const browser = new TestBrowser(api);
    const longest = `/${'x'.repeat(1023)}`;
    for (let tab = 0; tab < 5; tab += 1) await browser.callback(longest);
    expect(browser.cookieHeader.length).toBeLessThan(8192);
    expect(await browser.signIn(longest)).toBe(longest);
    // Each letter is six characters in a URL.
    expect(await browser.signIn(`/${'ü'.repeat(1023)}`)).toBe('/');
  });

  it('has 10 minutes to sign in', async () => {
    expect(await finishLate(595_000)).toBe('?error=sso_rejected');
    expect(await finishLate(601_000)).toBe('?error=sso_expired');
  });

  it('does not sign in after a logout that the database has received later, whatever the clock of the API', async () => {
    const browser = new TestBrowser(api);
    const now = Date.now;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => now() + 60_000);
    const callback = await browser.callback();
    clock.mockRestore();
    const body = new URLSearchParams({ logout_token: await provider.logoutToken({ sub: 'ada' }) });
    const logout = await fetch(`${api.url}/v1/sso/back-channel-logout`, { method: 'POST', body });
    expect(logout.status).toBe(200);
    expect((await browser.open(callback.href)).location?.search).toBe('?error=sso_rejected');
    expect(await new TestBrowser(api).signIn()).toBe('/');
  });
});
