// When sessions of people end: by time, by their provider, and by several processes at the same time.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { retentionCutoffs } from '@posthorn/database/data-model';
import { countSealed } from '@posthorn/database/encryption';
import { deleteExpired } from '@posthorn/database/retention';
import { eventually } from '@posthorn/testkit';
import { type ForgingProvider, seconds } from './forging-provider.js';
import {
  deletePeople,
  isSignedIn,
  makeDue,
  refreshAll,
  sessionRefreshOf,
  signedInBrowser,
  TestBrowser,
  useForgingProvider,
} from './single-sign-on.js';
import type { TestApi } from './start-api.js';

let provider: ForgingProvider;
let api: TestApi;

useForgingProvider((started) => {
  ({ provider, api } = started);
});
beforeEach(() => deletePeople(api));

const signedIn = () => signedInBrowser(api);

/** Moves the times of all sessions into the past, as if they had begun earlier. */
async function shift(minutes: number): Promise<void> {
  await api.deps.pool.query(
    `WITH moved AS (
      UPDATE api_key SET created_at = created_at - make_interval(mins => $1), expires_at = expires_at - make_interval(mins => $1)
      WHERE kind IN ('session', 'person')
    )
    UPDATE person_session SET confirmed_at = confirmed_at - make_interval(mins => $1), active_at = active_at - make_interval(mins => $1)`,
    [minutes],
  );
  await api.deps.pool.query('UPDATE person SET checked_at = checked_at - make_interval(mins => $1)', [
    minutes,
  ]);
}

const minutesLeft = async (browser: TestBrowser) =>
  Math.round((Date.parse((await browser.client.get('/v1/session')).body.expiresAt) - Date.now()) / 60_000);

const keepSession = (browser: TestBrowser) => browser.client.post('/v1/session/activity');

describe('time', () => {
  it('ends a session after 30 minutes without activity, also if its page polls', async () => {
    const browser = await signedIn();
    await shift(29);
    expect(await isSignedIn(browser)).toBe(true);
    expect(await refreshAll(api)).toEqual(['confirmed']);
    expect(await minutesLeft(browser)).toBe(1);
    await shift(1);
    expect(await isSignedIn(browser)).toBe(false);
    expect((await keepSession(browser)).status).toBe(401);
  });

  it('extends a session by its activity', async () => {
    const browser = await signedIn();
    await shift(20);
    expect((await keepSession(browser)).status).toBe(204);
    expect(await minutesLeft(browser)).toBe(30);
  });

  it('ends a session after 12 hours', async () => {
    const browser = await signedIn();
    for (let minutes = 0; minutes < 12 * 60; minutes += 20) {
      expect((await keepSession(browser)).status).toBe(204);
      expect(await refreshAll(api)).toEqual(['confirmed']);
      expect(await minutesLeft(browser)).toBe(Math.min(30, 12 * 60 - minutes));
      await shift(20);
    }
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('ends a session that was not confirmed for 60 minutes', async () => {
    provider.refreshToken = null;
    const browser = await signedIn();
    expect(await refreshAll(api)).toEqual([]);
    await shift(25);
    await keepSession(browser);
    await shift(25);
    await keepSession(browser);
    expect(await minutesLeft(browser)).toBe(10);
    await shift(10);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('does nothing for the session of a key', async () => {
    const { body } = await api.client(api.adminKey).get('/v1/session');
    expect((await api.admin.post('/v1/session/activity')).status).toBe(204);
    expect((await api.client(api.adminKey).get('/v1/session')).body).toEqual(body);
  });

  it('deletes a person who was not confirmed for 90 days', async () => {
    await signedIn();
    await shift(89 * 24 * 60);
    const people = async () =>
      (await api.deps.pool.query<{ email: string }>('SELECT email FROM person')).rows.map(
        ({ email }) => email,
      );
    const now = new Date();
    const cutoffs = retentionCutoffs({ recordDays: 60, payloadDays: null, auditDays: 365 }, now);
    await deleteExpired(api.deps.pool, 'expired rows', cutoffs);
    expect(await people()).toEqual(['ada@example.com']);
    await shift(2 * 24 * 60);
    await deleteExpired(api.deps.pool, 'expired rows', cutoffs);
    expect(await people()).toEqual([]);
  });
});

/** While the next response of the token endpoint is on its way, `newer` runs with other groups. */
function beOvertaken(groups: string[], newer: () => Promise<void>): void {
  provider.beforeToken = async () => {
    provider.beforeToken = async () => {};
    const { claims } = provider;
    provider.claims = { ...claims, groups };
    await newer();
    provider.claims = claims;
  };
}

describe('a refresh', () => {
  it('is tried again while the provider is down, and the session continues', async () => {
    const browser = await signedIn();
    provider.failures.set('/token', 503);
    expect(await refreshAll(api)).toEqual(['unavailable']);
    expect(await isSignedIn(browser)).toBe(true);
    // Not at once.
    const results: string[] = [];
    expect(await sessionRefreshOf(api, results).run()).toBe(false);
    provider.failures.clear();
    expect(await refreshAll(api)).toEqual(['confirmed']);
  });

  it('does not accept a token of someone else, nor one that is forged', async () => {
    const browser = await signedIn();
    provider.claims = { ...provider.claims, sub: 'eve' };
    expect(await refreshAll(api)).toEqual(['rejected']);
    provider.claims = { ...provider.claims, sub: 'ada' };
    provider.tamper = (claims) => ({ ...claims, aud: 'another' });
    expect(await refreshAll(api)).toEqual(['rejected']);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('is made once by two processes', async () => {
    await signedIn();
    const before = provider.tokenRequests.length;
    await makeDue(api);
    const results: string[] = [];
    await Promise.all([sessionRefreshOf(api, results).run(), sessionRefreshOf(api, results).run()]);
    expect(results).toEqual(['confirmed']);
    expect(provider.tokenRequests).toHaveLength(before + 1);
  });

  it('does not bring back a session that ended meanwhile', async () => {
    const browser = await signedIn();
    provider.beforeToken = async () => {
      await browser.client.delete('/v1/session');
    };
    expect(await refreshAll(api)).toEqual(['ended']);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('does not restore a role that a newer response has taken', async () => {
    const slow = await signedIn();
    const other = await signedIn();
    const results: string[] = [];
    const due = (order: string) =>
      api.deps.pool.query(
        `UPDATE person_session SET refresh_at = now() - interval '1 second' WHERE id = (SELECT id FROM person_session ORDER BY id ${order} LIMIT 1)`,
      );
    beOvertaken(['support'], async () => {
      await due('DESC');
      await sessionRefreshOf(api, results).run();
    });
    await due('ASC');
    await sessionRefreshOf(api, results).run();
    expect(results).toEqual(['confirmed', 'confirmed']);
    for (const browser of [slow, other])
      expect((await browser.client.get('/v1/session')).body.holder.role).toBe('operator');
  });

  it('and a sign-in do not bring back access that a newer response has ended', async () => {
    const first = await signedIn();
    beOvertaken([], async () => {
      expect(await new TestBrowser(api).signIn()).toBe('/sign-in?error=sso_no_access');
    });
    expect(await new TestBrowser(api).signIn()).toBe('/sign-in?error=sso_no_access');
    expect(await isSignedIn(first)).toBe(false);
    expect(await isSignedIn(await signedIn())).toBe(true);
  });

  it('holds no connection while the provider takes its time', async () => {
    await Promise.all(Array.from({ length: 5 }, signedIn));
    let isReleased = false;
    let waiting = 0;
    provider.beforeToken = async () => {
      waiting += 1;
      await eventually(() => expect(isReleased).toBe(true));
    };
    await makeDue(api);
    const running = sessionRefreshOf(api).run();
    await eventually(() => expect(waiting).toBe(5));
    const { rows } = await api.deps.pool.query(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`,
    );
    expect(rows[0].count).toBe(0);
    isReleased = true;
    await running;
  });
});

const send = (token: string) =>
  fetch(`${api.url}/v1/sso/back-channel-logout`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }),
  });

const logOut = (claims: Record<string, unknown>) => provider.logoutToken(claims).then(send);

describe('a logout', () => {
  it('of a person ends all sessions', async () => {
    const browsers = [await signedIn(), await signedIn()];
    const response = await logOut({ sub: 'ada' });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await Promise.all(browsers.map(isSignedIn))).toEqual([false, false]);
    expect(await isSignedIn(await signedIn())).toBe(true);
  });

  it('of a session ends only this one', async () => {
    provider.tamper = (claims) => ({ ...claims, sid: 'first' });
    const first = await signedIn();
    provider.tamper = (claims) => ({ ...claims, sid: 'second' });
    const second = await signedIn();
    expect((await logOut({ sid: 'first' })).status).toBe(200);
    expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, true]);
  });

  it('is accepted once', async () => {
    const token = await provider.logoutToken({ sub: 'ada' });
    expect((await send(token)).status).toBe(200);
    const browser = await signedIn();
    const again = await send(token);
    expect(again.status).toBe(400);
    expect(await again.json()).toEqual({
      error: 'invalid_request',
      error_description: 'The logout token was used before',
    });
    expect(await isSignedIn(browser)).toBe(true);
  });

  it.each([
    ['is old', { iat: seconds() - 180 }],
    ['is from the future', { iat: seconds() + 180 }],
    ['has a nonce', { nonce: 'n' }],
    ['has no event', { events: {} }],
    ['names nobody', { sub: undefined }],
    ['is for another client', { aud: 'another' }],
    ['is of another issuer', { iss: 'https://another.example' }],
    ['has no jti', { jti: undefined }],
  ])('is rejected if it %s', async (_case, claims) => {
    const browser = await signedIn();
    expect((await logOut({ sub: 'ada', ...claims })).status).toBe(400);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it.each(['-110', '110'])('is accepted if its time differs by %s seconds', async (difference) => {
    expect((await logOut({ sub: 'ada', iat: seconds() + Number(difference) })).status).toBe(200);
  });

  it('is rejected if it is an ID token, or no form', async () => {
    const browser = await signedIn();
    expect((await send(provider.issued)).status).toBe(400);
    const json = await fetch(`${api.url}/v1/sso/back-channel-logout`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(json.status).toBe(400);
    expect((await send('x'.repeat(20_000))).status).toBe(400);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it.each([
    ['a person', { sub: 'ada' }],
    ['the session', { sid: 'mine' }],
  ])('of %s that arrives while the sign-in is in progress ends it', async (_what, claims) => {
    provider.tamper = (all) => ({ ...all, sid: 'mine' });
    provider.beforeToken = async () => {
      expect((await logOut(claims)).status).toBe(200);
    };
    const browser = new TestBrowser(api);
    expect(await browser.signIn()).toBe('/sign-in?error=sso_rejected');
    expect(browser.cookie).toBeNull();
    const [entry] = (await api.admin.get('/v1/audit-entries?action=sign_in.failed&limit=1')).body.data;
    expect(entry.after).toMatchObject({ reason: 'logged_out' });
    await api.deps.pool.query('DELETE FROM oidc_logout');
  });

  it('is not lost when it is stored at the same time as the session', async () => {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const sid = `race-${attempt}`;
      provider.tamper = (all) => ({ ...all, sid });
      const browser = new TestBrowser(api);
      const callback = await browser.callback();
      const [response] = await Promise.all([logOut({ sid }), browser.open(callback.href)]);
      expect(response.status).toBe(200);
      expect(browser.cookie !== null && (await isSignedIn(browser))).toBe(false);
    }
  });
});

describe('refreshes, logouts and activity at the same time', () => {
  it('cause no deadlock', async () => {
    const browsers = await Promise.all(Array.from({ length: 4 }, signedIn));
    const results: string[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await makeDue(api);
        await Promise.all([
          sessionRefreshOf(api, results).run(),
          ...browsers.map(keepSession),
          index % 5 === 0 ? new TestBrowser(api).signIn() : undefined,
          index === 15 ? logOut({ sub: 'ada' }) : undefined,
        ]);
      }),
    );
    expect(results).not.toContain('failed');
  });
});

describe('the refresh tokens', () => {
  it('are sealed', async () => {
    await signedIn();
    const { rows } = await api.deps.pool.query('SELECT refresh_token_sealed AS sealed FROM person_session');
    expect(rows[0].sealed).toMatch(/^v1\./);
    const sealed = (await countSealed(api.deps.pool)).filter(({ kind }) => kind === 'sessions');
    expect(sealed).toEqual([
      { purpose: 'encryption', keyId: api.deps.sealer.keyId, kind: 'sessions', count: 1 },
    ]);
  });
});
