import type { Cluster, Redis } from 'ioredis';

type Client = Redis | Cluster;

/** Calls a function for each duplicate of a client. BullMQ duplicates that of a worker for its blocking commands. */
export function onDuplicate(client: Client, use: (copy: Client) => void): void {
  const calls: { duplicate: (...args: never[]) => Client } = client;
  const duplicate = calls.duplicate.bind(client);
  calls.duplicate = (...args) => {
    const copy = duplicate(...args);
    use(copy);
    return copy;
  };
}
