import { afterAll, beforeAll } from '@jest/globals';
import {
  type CuttableProxy,
  type FreshQueuePrefix,
  freshQueuePrefix,
  startCuttableProxy,
} from '@posthorn/testkit';

export interface CuttableRedis {
  readonly proxy: CuttableProxy;
  /** The settings of a queue that connects through the proxy. */
  readonly settings: { redisUrl: string; prefix: string };
}

/** Gives all tests an own key prefix in Redis, behind a proxy that can be cut. */
export function useCuttableRedis(): CuttableRedis {
  let redis: FreshQueuePrefix;
  let proxy: CuttableProxy;
  beforeAll(async () => {
    redis = freshQueuePrefix();
    proxy = await startCuttableProxy(redis.redisUrl);
  });
  afterAll(async () => {
    await proxy.close();
    await redis.clear();
  });
  return {
    get proxy() {
      return proxy;
    },
    get settings() {
      return { redisUrl: proxy.url, prefix: redis.prefix };
    },
  };
}
