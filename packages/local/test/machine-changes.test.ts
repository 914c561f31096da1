import { describe, expect, it } from '@jest/globals';
import { changesOf } from '../src/machine-changes.js';

const bare = { isRoot: true, isDebian: true, hasRedisServer: false, hasPostgresUser: false };
const installs = expect.stringMatching(/^will install the package redis-server with apt-get/);
const compiles = expect.stringMatching(/^will compile a Redis server/);
const addsUser = expect.stringMatching(/^running as root, will create the system user "postgres"/);

describe('a start says before it changes the machine', () => {
  it.each([
    ['as root on Debian', bare, {}, [installs, addsUser]],
    ['as root on another system', { ...bare, isDebian: false }, {}, [compiles, addsUser]],
    ['as another user', { ...bare, isRoot: false }, {}, [compiles]],
    ['with everything present', { ...bare, hasRedisServer: true, hasPostgresUser: true }, {}, []],
    ['with its own servers', bare, { DATABASE_URL: 'postgres://db', REDIS_URL: 'redis://r' }, []],
  ])('%s', (_name, machine, env, expected) => {
    expect(changesOf(machine, env)).toEqual(expected);
  });
});
