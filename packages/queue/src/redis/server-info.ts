import { Cluster, type Redis } from 'ioredis';
import { onDuplicate } from './on-duplicate.js';

type Client = Redis | Cluster;

/** Returns whether Redis does not offer a command to this user, who has no permission, or because it was renamed. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Error && /^(NOPERM|ERR unknown command)/.test(error.message);
}

/** A property, so that BullMQ's proxy of a client has it, too. */
const MAXMEMORY = Symbol('maxmemory');

interface Identified {
  status: string;
  [MAXMEMORY]?: number;
}

/**
 * Returns the `maxmemory` of the servers that have the jobs, in bytes; 0 if one has no limit, or it is unknown.
 * @param shards the number of shards, each of which is on one server
 */
export function maxmemoryOf(client: Client, shards: number): number {
  const nodes: Identified[] = client instanceof Cluster ? client.nodes('master') : [client];
  const limits = nodes.map((node) => node[MAXMEMORY] ?? 0);
  return limits.includes(0) ? 0 : Math.min(...limits) * Math.min(limits.length, shards);
}

/**
 * Replaces `info` of a client and of its duplicates. ioredis and BullMQ call it for each connection, but many Redis users have no
 * permission for it. For them it returns the version only, which every user can read.
 */
export function tolerateMissingInfo(client: Client): void {
  const calls: { info: Info } = client;
  calls.info = async (callback) => {
    try {
      const text = await readInfo(client);
      callback?.(null, text);
      return text;
    } catch (error) {
      if (!callback) throw error;
      callback(error);
      return '';
    }
  };
  onDuplicate(client, tolerateMissingInfo);
  if (client instanceof Cluster) client.on('+node', tolerateMissingInfo);
}

type Info = (callback?: (error: unknown, text?: string) => void) => Promise<string>;

async function readInfo(client: Client & Identified): Promise<string> {
  try {
    const text = String(await client.call('INFO'));
    client[MAXMEMORY] = Number(/^maxmemory:(?<bytes>\d+)/m.exec(text)?.groups?.['bytes'] ?? 0);
    return text;
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    const reply = await client.call('HELLO');
    // Alternating names and values.
    const fields: unknown[] = Array.isArray(reply) ? reply : [];
    const valueOf = (name: string) => String(fields[fields.indexOf(name) + 1]);
    return `${valueOf('server')}_version:${valueOf('version')}\r\n`;
  }
}
