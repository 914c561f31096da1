import { type Lane, LANES, type OnFailure, repliesOf } from '@posthorn/core';
import type { Queue } from 'bullmq';
import type { RedisClient } from '../redis/redis.js';

/** A lane of a shard that withholds deliveries: they stay in PostgreSQL, without jobs, until the lane feeder adds their jobs. */
export interface WithheldLane {
  lane: Lane;
  shard: number;
  /** Changes whenever deliveries are withheld. */
  state: string;
  /** The number of jobs that the lane has room for. */
  room: number;
  /** Whether a quarter of the lane is free, so that feeding it is worthwhile. */
  isLow: boolean;
  /** Whether all remaining deliveries may get jobs, also those that wait for a retry. */
  hasRoomForDelayed: boolean;
}

/**
 * The lanes that withhold deliveries. A lane does so from the first delivery that has no room until its state is removed. In a
 * state that begins with `CLOSING`, it withholds only what has no room. If Redis loses the state, the lane withholds again when it is full.
 */
export interface WithheldLanes {
  /** @param onFailure omits shards that do not reply */
  list(onFailure?: OnFailure): Promise<WithheldLane[]>;
  /** Changes the state of a lane, or removes it if `state` is null. Returns false, with nothing changed, if it has changed meanwhile. */
  change(lane: WithheldLane, state: string | null): Promise<boolean>;
  /**
   * Makes a lane withhold deliveries if it has too many delayed jobs. Returns whether it does.
   * @param delayed the number of delayed jobs of the lane in the shard of the delivery
   */
  withholdDelayed(deliveryId: string, lane: Lane, delayed: number): Promise<boolean>;
}

/** The beginning of the state of a lane whose deliveries all get jobs now. */
export const CLOSING = 'closing:';

/** The state of a lane when it begins to withhold deliveries. */
export const WITHHOLDING = 'withholding';

/** A lane is fed when so much of it is used. */
const LOW_FRACTION = 0.75;

/** Delayed jobs use at most half of a lane. Not withheld again at once when they use so much of it. */
const MAX_DELAYED_FRACTION = 0.5;
const LOW_DELAYED_FRACTION = 0.25;

/** A write that needs no memory. After it, Redis lets a script write also above its `maxmemory`. */
const FREE_WRITE = `redis.call('PERSIST', KEYS[1])`;

const CHANGE_STATE = `
${FREE_WRITE}
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2]) end
return 1`;

/** Keeps the state of a lane that withholds deliveries already. */
const WITHHOLD = `
${FREE_WRITE}
local state = redis.call('GET', KEYS[1])
if not state or string.sub(state, 1, ${CLOSING.length}) == '${CLOSING}' then redis.call('SET', KEYS[1], '${WITHHOLDING}') end
return 1`;

interface Commands {
  changeWithheld(key: string, from: string, to: string): Promise<number>;
  withhold(key: string): Promise<number>;
}

interface WithheldLanesDeps {
  redis: RedisClient;
  /** The lanes of each shard. */
  shards: readonly { lanes: Record<Lane, Queue> }[];
  shardOf: (deliveryId: string) => number;
  /** Returns the maximum number of jobs of a lane in one shard. */
  limit: () => number;
}

export function withheldLanes({ redis, shards, shardOf, limit }: WithheldLanesDeps): WithheldLanes {
  redis.defineCommand('changeWithheld', { lua: CHANGE_STATE, numberOfKeys: 1 });
  redis.defineCommand('withhold', { lua: WITHHOLD, numberOfKeys: 1 });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defined right above
  const client = redis as RedisClient & Commands;

  const keyOf = (shard: number, lane: Lane): string => shards[shard]?.lanes[lane].toKey('withheld') ?? '';

  /** Returns the state of each lane of a shard in one command. */
  async function listShard(shard: number): Promise<WithheldLane[]> {
    const states = await redis.mget(LANES.map((lane) => keyOf(shard, lane)));
    const withheld = LANES.flatMap((lane, index) => {
      const state = states[index] ?? null;
      return state === null ? [] : [read(shard, lane, state)];
    });
    return Promise.all(withheld);
  }

  async function read(shard: number, lane: Lane, state: string): Promise<WithheldLane> {
    const key = (name: string) => shards[shard]?.lanes[lane].toKey(name) ?? '';
    const [waiting, prioritized, delayed] = await Promise.all([
      redis.llen(key('wait')),
      redis.zcard(key('prioritized')),
      redis.zcard(key('delayed')),
    ]);
    const length = waiting + prioritized + delayed;
    return {
      lane,
      shard,
      state,
      room: Math.max(limit() - length, 0),
      isLow: length <= limit() * LOW_FRACTION,
      hasRoomForDelayed: delayed <= limit() * LOW_DELAYED_FRACTION,
    };
  }

  return {
    async list(onFailure) {
      const lanes = await repliesOf(
        shards.map((_, shard) => listShard(shard)),
        onFailure,
      );
      return lanes.flatMap((found = []) => found);
    },
    async change({ lane, shard, state: from }, state) {
      return (await client.changeWithheld(keyOf(shard, lane), from, state ?? '')) === 1;
    },
    async withholdDelayed(deliveryId, lane, delayed) {
      if (delayed < limit() * MAX_DELAYED_FRACTION) return false;
      await client.withhold(keyOf(shardOf(deliveryId), lane));
      return true;
    },
  };
}
