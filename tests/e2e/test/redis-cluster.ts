import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { findRedisServer, freePort, redisProbes } from '@posthorn/local';
import { eventually } from '@posthorn/testkit';
import { Redis } from 'ioredis';

const NODES = 3;
const SLOTS = 16_384;

/** A running Redis Cluster of three nodes without replicas. */
export interface RedisCluster {
  /** The URLs of all nodes, separated by commas. */
  url: string;
  nodes: ClusterNode[];
  /** Returns the node that owns a key. */
  nodeOf(key: string): Promise<ClusterNode>;
  stop(): Promise<void>;
}

export interface ClusterNode {
  redis: Redis;
  /** Returns the number of keys that match a pattern. */
  count(pattern: string): Promise<number>;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export async function startRedisCluster(folder: string): Promise<RedisCluster> {
  const program = await findRedisServer(redisProbes(() => undefined));
  const ports = await Promise.all(Array.from({ length: NODES * 2 }, freePort));
  const nodes = await Promise.all(
    Array.from({ length: NODES }, async (_, index) => {
      const directory = path.join(folder, `node-${index}`);
      await mkdir(directory);
      return startNode(program, { port: ports[index] ?? 0, busPort: ports[index + NODES] ?? 0, directory });
    }),
  );
  const first = nodes[0];
  await Promise.all(
    nodes.map(async ({ redis }, index) => {
      const [from, to] = [index, index + 1].map((bound) => Math.floor((bound * SLOTS) / NODES));
      await redis.cluster('ADDSLOTS', ...range(from ?? 0, to ?? 0));
      await first?.redis.call('CLUSTER', 'MEET', '127.0.0.1', ports[index] ?? 0, ports[index + NODES] ?? 0);
    }),
  );
  await eventually(async () => {
    for (const { redis } of nodes) expect(await redis.cluster('INFO')).toContain('cluster_state:ok');
  });
  return {
    url: ports
      .slice(0, NODES)
      .map((port) => `redis://127.0.0.1:${port}`)
      .join(','),
    nodes,
    async nodeOf(key) {
      const slot = Number(await first?.redis.cluster('KEYSLOT', key));
      const node = nodes[Math.floor((slot * NODES) / SLOTS)];
      if (!node) throw new Error(`No node owns ${key}`);
      return node;
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.kill()));
      for (const { redis } of nodes) redis.disconnect();
    },
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n);

async function startNode(
  program: string,
  { port, busPort, directory }: { port: number; busPort: number; directory: string },
): Promise<ClusterNode> {
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: directory,
    appendonly: 'yes',
    save: '',
    'maxmemory-policy': 'noeviction',
    'cluster-enabled': 'yes',
    'cluster-port': busPort,
    'cluster-node-timeout': 1000,
    // The other nodes serve their keys while one is unavailable.
    'cluster-require-full-coverage': 'no',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const run = () => spawn(program, args, { stdio: 'ignore' });
  let child = run();
  const redis = new Redis(port, { maxRetriesPerRequest: null });
  redis.on('error', () => {});
  await redis.ping();
  return {
    redis,
    count: async (pattern) => (await redis.keys(pattern)).length,
    async kill() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    async start() {
      child = run();
      await redis.ping();
    },
  };
}
