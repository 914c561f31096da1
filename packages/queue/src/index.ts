export * from './consume-deliveries.js';
export * from './consume-events.js';
export * from './consume-intake.js';
export type { ConsumerOptions, JobConsumer } from './start-consumer.js';
export * from './delivery-queue.js';
export * from './inspect-redis.js';
export * from './queue-inspector.js';
export type { RedisClient, RedisSettings } from './redis.js';
export * from './script-client.js';
