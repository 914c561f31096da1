// Refreshes that fail halfway, stop, or take long.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@posthorn/testkit';
import type { ForgingProvider } from './forging-provider.js';
import {
  deletePeople,
  isSignedIn,
  makeDue,
  openRefresh,
  refreshAll,
  sessionRefreshOf,
  signedInBrowser,
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

/** While the next response of the token endpoint is on its way, the claim ends and another process confirms the session. */
function beFrozen(): string[] {
  const others: string[] = [];
  provider.beforeToken = async () => {
    provider.beforeToken = async () => {};
    await makeDue(api);
    await sessionRefreshOf(api, others).run();
  };
  return others;
}

/** Makes the next `count` responses of the token endpoint wait. */
function hold(count: number): { waiting: () => number; release: () => void } {
  let waiting = 0;
  let isReleased = false;
  provider.beforeToken = async () => {
    if (waiting === count) return;
    waiting += 1;
    await eventually(() => expect(isReleased).toBe(true));
  };
  return { waiting: () => waiting, release: () => (isReleased = true) };
}

const signInTimes = async (count: number) => {
  for (let index = 0; index < count; index += 1) await signedIn();
};

describe('a refresh token that replaces another', () => {
  it('is used after the keys of the provider could not be read', async () => {
    provider.rotatesTokens = true;
    const browser = await signedIn();
    provider.failures.set('/jwks', 503);
    provider.rotateKeys();
    // Keys that were read a moment ago are not read again at once.
    expect(await refreshAll(api)).not.toEqual(['confirmed']);
    provider.failures.clear();
    await eventually(async () => expect(await refreshAll(api)).toEqual(['confirmed']));
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('is used after the person could not be stored', async () => {
    provider.rotatesTokens = true;
    const browser = await signedIn();
    await api.deps.pool.query('ALTER TABLE person ADD CONSTRAINT no_change CHECK (email IS NULL) NOT VALID');
    expect(await refreshAll(api)).toEqual(['failed']);
    await api.deps.pool.query('ALTER TABLE person DROP CONSTRAINT no_change');
    expect(await refreshAll(api)).toEqual(['confirmed']);
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('a process that was frozen during a refresh', () => {
  it('does not end the session that another has confirmed', async () => {
    provider.rotatesTokens = true;
    const browser = await signedIn();
    const others = beFrozen();
    expect(await refreshAll(api)).toEqual(['superseded']);
    expect(others).toEqual(['confirmed']);
    expect(await isSignedIn(browser)).toBe(true);
    expect(await refreshAll(api)).toEqual(['confirmed']);
  });

  it('stores nothing in the session that another has confirmed', async () => {
    await signedIn();
    const others = beFrozen();
    const rows = async () =>
      (await api.deps.pool.query('SELECT refresh_token_sealed, refresh_at FROM person_session')).rows;
    const confirm = provider.beforeToken;
    let confirmed: object[] = [];
    provider.beforeToken = async () => {
      await confirm();
      confirmed = await rows();
    };
    expect(await refreshAll(api)).toEqual(['superseded']);
    expect(others).toEqual(['confirmed']);
    expect(await rows()).toEqual(confirmed);
  });
});

describe('many refreshes', () => {
  it('do not wait for one that takes long', async () => {
    await signInTimes(12);
    const { waiting, release } = hold(1);
    const results: string[] = [];
    const refresh = openRefresh(api, results);
    await makeDue(api);
    expect(await refresh.run()).toBe(true);
    await eventually(() => expect(results).toHaveLength(9));
    expect(waiting()).toBe(1);
    expect(await refresh.run()).toBe(true);
    await eventually(() => expect(results).toHaveLength(11));
    release();
    await refresh.settle();
    expect(results).toEqual(Array.from({ length: 12 }, () => 'confirmed'));
    expect(await refresh.run()).toBe(false);
  });

  it('are at most 10 at the same time', async () => {
    await signInTimes(12);
    const { waiting, release } = hold(12);
    const refresh = openRefresh(api);
    await makeDue(api);
    await refresh.run();
    await eventually(() => expect(waiting()).toBe(10));
    expect(await refresh.run()).toBe(true);
    const due = 'SELECT FROM person_session WHERE refresh_at <= now()';
    expect((await api.deps.pool.query(due)).rowCount).toBe(2);
    release();
    await refresh.settle();
  });

  it('open at most 2 transactions at the same time', async () => {
    await signInTimes(4);
    const locking = await api.deps.pool.connect();
    await locking.query('BEGIN');
    await locking.query(`SELECT FROM api_key WHERE kind = 'person' FOR UPDATE`);
    const refresh = openRefresh(api);
    await makeDue(api);
    const before = provider.tokenRequests.length;
    try {
      await refresh.run();
      const open = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      await eventually(() => expect(provider.tokenRequests).toHaveLength(before + 4));
      await eventually(async () => expect((await api.deps.pool.query(open)).rowCount).toBe(2));
      // The responses of the others have arrived, too.
      await sleep(500);
      expect((await api.deps.pool.query(open)).rowCount).toBe(2);
    } finally {
      await locking.query('ROLLBACK');
      locking.release();
      await refresh.settle();
    }
  });

  it('end at a stop: none begins, and nothing further is asked', async () => {
    provider.rotatesTokens = true;
    const browser = await signedIn();
    const { waiting, release } = hold(1);
    const results: string[] = [];
    const refresh = openRefresh(api, results);
    await makeDue(api);
    await refresh.run();
    await eventually(() => expect(waiting()).toBe(1));
    const stopped = refresh.stop();
    await signedIn();
    await makeDue(api);
    expect(await refresh.run()).toBe(false);
    release();
    await stopped;
    expect(results).toEqual(['unavailable']);
    expect(await isSignedIn(browser)).toBe(true);
  });
});
