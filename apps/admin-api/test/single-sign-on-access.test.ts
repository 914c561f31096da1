// What people keep, and what ends, when the provider or the settings take access from them.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type AccessRule, Deadline, DEFAULT_TENANT_ID } from '@posthorn/core';
import { Parts, Registry } from '@posthorn/runtime';
import { apiConfig, readConfig } from '@posthorn/runtime/config';
import { eventually } from '@posthorn/testkit';
import { openSingleSignOn } from '../src/single-sign-on/open-single-sign-on.js';
import type { CheckedClient } from './checked-client.js';
import type { ForgingProvider } from './forging-provider.js';
import {
  deletePeople,
  isSignedIn,
  refreshAll,
  RULES,
  sessionRefreshOf,
  signedInBrowser,
  TestBrowser,
  useForgingProvider,
} from './single-sign-on.js';
import type { TestApi } from './start-api.js';

let provider: ForgingProvider;
let api: TestApi;
const rules: AccessRule[] = [...RULES];

useForgingProvider(
  (started) => {
    ({ provider, api } = started);
  },
  { rules },
);
beforeEach(async () => {
  await deletePeople(api);
  await api.deps.pool.query('DELETE FROM oidc_logout');
});

const signedIn = () => signedInBrowser(api);

/** Creates a portal link. Returns a client with it. */
async function linkOf(
  browser: TestBrowser,
  link: Record<string, unknown> = {},
): Promise<{ client: CheckedClient; id: string }> {
  const { status, body } = await browser.client.post('/v1/portal-links', { tenantId: 'default', ...link });
  expect(status).toBe(201);
  return { client: api.client(String(body.url).split('token=')[1]), id: body.id };
}

const reasonOf = async ({ id }: { id: string }) =>
  (await api.admin.get(`/v1/audit-entries?action=portal_link.ended&target=${id}`)).body.data[0]?.after;

const logOut = async (claims: Record<string, unknown>) =>
  (
    await fetch(`${api.url}/v1/sso/back-channel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: await provider.logoutToken(claims) }),
    })
  ).status;

const variables = (issuer: string, group: string) => ({
  POSTHORN_OIDC_ISSUER: issuer,
  POSTHORN_OIDC_CLIENT_ID: provider.clientId,
  POSTHORN_OIDC_CLIENT_SECRET: provider.clientSecret,
  POSTHORN_OIDC_ROLES: JSON.stringify([{ group, role: 'viewer' }]),
});

describe('portal links of a person', () => {
  it('end if their role is above the new role of the person', async () => {
    const browser = await signedIn();
    const links = [
      await linkOf(browser, { role: 'admin' }),
      await linkOf(browser, { role: 'operator' }),
      await linkOf(browser, { role: 'viewer' }),
    ];
    expect(await refreshAll(api)).toEqual(['confirmed']);
    expect(await Promise.all(links.map(isSignedIn))).toEqual([true, true, true]);
    provider.claims = { ...provider.claims, groups: ['support'] };
    expect(await refreshAll(api)).toEqual(['confirmed']);
    expect(await Promise.all(links.map(isSignedIn))).toEqual([false, true, true]);
    expect(await Promise.all(links.map(reasonOf))).toEqual([{ reason: 'access_lost' }, undefined, undefined]);
  });

  it('end if the person loses their tenant', async () => {
    const { body: tenant } = await api.admin.post('/v1/tenants', { name: 'Another' });
    const { rows } = await api.deps.pool.query(`SELECT id FROM tenant WHERE name = 'Another'`);
    rules.push({ group: 'another', role: 'admin', tenantIds: [rows[0].id] });
    const browser = await signedIn();
    const links = [await linkOf(browser), await linkOf(browser, { tenantId: tenant.id })];
    provider.claims = { ...provider.claims, groups: ['another'] };
    expect(await refreshAll(api)).toEqual(['confirmed']);
    expect(await Promise.all(links.map(isSignedIn))).toEqual([false, true]);
  });

  it('end when the provider rejects the refresh of the last session', async () => {
    const [first, second] = [await signedIn(), await signedIn()];
    const link = await linkOf(first);
    await api.deps.pool.query(
      `UPDATE person_session SET refresh_at = now() + interval '1 hour' WHERE id = (SELECT id FROM person_session ORDER BY id LIMIT 1)`,
    );
    await api.deps.pool.query(
      `UPDATE person_session SET refresh_at = now() - interval '1 second' WHERE refresh_at < now() + interval '30 minutes'`,
    );
    provider.refreshToken = 'another';
    const results: string[] = [];
    await sessionRefreshOf(api, results).run();
    expect(results).toEqual(['ended']);
    expect([await isSignedIn(first), await isSignedIn(second), await isSignedIn(link)]).toEqual([
      true,
      false,
      true,
    ]);
    expect(await refreshAll(api)).toEqual(['ended']);
    expect(await isSignedIn(link)).toBe(false);
    expect(await reasonOf(link)).toEqual({ reason: 'grant_ended' });
  });

  it('end when the provider logs the person out, also without a session', async () => {
    const browser = await signedIn();
    const link = await linkOf(browser);
    await browser.client.delete('/v1/session');
    expect(await isSignedIn(link)).toBe(true);
    expect(await logOut({ sub: 'ada' })).toBe(200);
    expect(await isSignedIn(link)).toBe(false);
    expect(await reasonOf(link)).toEqual({ reason: 'logged_out' });
  });

  it('are not created by a session that the provider ends at the same time', async () => {
    const browser = await signedIn();
    const { pool } = api.deps;
    const blocker = await pool.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query('SELECT FROM tenant WHERE id = $1 FOR NO KEY UPDATE', [DEFAULT_TENANT_ID]);
      const creating = browser.client.post('/v1/portal-links', { tenantId: 'default' });
      await eventually(async () => {
        const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        expect((await pool.query(waiting)).rowCount).toBe(1);
      });
      expect(await logOut({ sub: 'ada' })).toBe(200);
      await blocker.query('COMMIT');
      expect(await creating).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    } finally {
      blocker.release(true);
    }
  });

  it('end when the session ends while the provider says that the person has no access', async () => {
    const browser = await signedIn();
    const link = await linkOf(browser);
    provider.beforeToken = async () => {
      await browser.client.delete('/v1/session');
    };
    provider.claims = { ...provider.claims, groups: [] };
    expect(await refreshAll(api)).toEqual(['access_lost']);
    expect(await isSignedIn(link)).toBe(false);
  });
});

describe('a logout that names person and session', () => {
  it('ends a session whose own name at the provider is not known', async () => {
    const unnamed = await signedIn();
    provider.tamper = (claims) => ({ ...claims, sid: 'other' });
    const other = await signedIn();
    expect(await logOut({ sub: 'ada', sid: 'mine' })).toBe(200);
    expect([await isSignedIn(unnamed), await isSignedIn(other)]).toEqual([false, true]);
  });

  it('ends such a session that begins at the same time', async () => {
    provider.beforeToken = async () => {
      expect(await logOut({ sub: 'ada', sid: 'mine' })).toBe(200);
    };
    expect(await new TestBrowser(api).signIn()).toBe('/sign-in?error=sso_rejected');
  });
});

describe('a start', () => {
  const BASE = {
    DATABASE_URL: 'postgresql://localhost/posthorn',
    REDIS_URL: 'redis://localhost',
    POSTHORN_ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
    POSTHORN_PUBLIC_URL: 'https://hooks.example.com',
  };

  /** Runs single sign-on as a process does with these variables, for as long as `work` takes. */
  async function during(env: Record<string, string>, work: () => Promise<void>): Promise<void> {
    const { pool, prisma, sealer, logger } = api.deps;
    const parts = new Parts();
    const config = readConfig(apiConfig, { ...BASE, ...env });
    const context = { config, logger, registry: new Registry(), parts };
    try {
      await openSingleSignOn(context, { pools: { main: pool }, changes: prisma }, sealer);
      await work();
    } finally {
      await parts.stop(new Deadline(30_000));
    }
  }

  it('applies new rules to people who are signed in', async () => {
    const browser = await signedIn();
    const role = async () => (await browser.client.get('/v1/session')).body.holder?.role;
    await during(variables(provider.issuer, 'admins'), () =>
      eventually(async () => expect(await role()).toBe('viewer')),
    );
    await during(variables(provider.issuer, 'nobody'), () =>
      eventually(async () => expect(await isSignedIn(browser)).toBe(false)),
    );
  });

  it('does not send the refresh token again that another process has just sent', async () => {
    await signedIn();
    await api.deps.pool.query(`UPDATE person_session SET refresh_at = now() + interval '50 seconds'`);
    const before = provider.tokenRequests.length;
    const other = await signedIn();
    await during(variables(provider.issuer, 'admins'), () =>
      eventually(async () => expect((await other.client.get('/v1/session')).body.holder.role).toBe('viewer')),
    );
    // The sign-in, and the refresh of its session.
    expect(provider.tokenRequests).toHaveLength(before + 2);
  });

  it.each([
    ['with another issuer', () => variables('http://127.0.0.1:9', 'admins')],
    ['without single sign-on', () => ({})],
  ])('%s ends the access of people', async (_how, env) => {
    const browser = await signedIn();
    const link = await linkOf(browser);
    await during(env(), async () => {
      expect([await isSignedIn(browser), await isSignedIn(link)]).toEqual([false, false]);
    });
    const { rows } = await api.deps.pool.query('SELECT email FROM person');
    expect(rows).toEqual([{ email: 'ada@example.com' }]);
    const [entry] = (await api.admin.get('/v1/audit-entries?action=person.changed&limit=1')).body.data;
    expect(entry).toMatchObject({ before: { role: 'admin' }, after: { role: null } });
    expect(await isSignedIn(await signedIn())).toBe(true);
  });
});
