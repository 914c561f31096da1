import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';

/** A Redis user with limited permissions. */
export interface RedisUser {
  redisUrl: string;
  /** Changes its ACL rules, for its open connections too. */
  change(...rules: string[]): Promise<void>;
  drop(): Promise<void>;
}

/** Creates a Redis user that has all keys and the given ACL rules. */
export async function createRedisUser(adminUrl: string, ...rules: string[]): Promise<RedisUser> {
  const admin = new Redis(adminUrl);
  const user = { username: `test-${randomUUID()}`, password: 'secret' };
  const change = async (...changed: string[]): Promise<void> => {
    await admin.call('ACL', 'SETUSER', user.username, ...changed);
  };
  await change('on', `>${user.password}`, '~*', ...rules);
  return {
    redisUrl: Object.assign(new URL(adminUrl), user).href,
    change,
    async drop() {
      await admin.call('ACL', 'DELUSER', user.username);
      admin.disconnect();
    },
  };
}
