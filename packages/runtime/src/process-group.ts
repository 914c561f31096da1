import type { Registry } from 'prom-client';

/** The processes of one service on this machine that share its port and what it takes of the machine. */
export interface ProcessGroup {
  size: number;
  /** Returns whether every process is ready. */
  isReady(): boolean;
  /** Returns the metrics of all processes together. */
  metrics(): Promise<string>;
}

/** Returns the group of a process that runs alone. */
export const onlyProcess = (registry: Registry): ProcessGroup => ({
  size: 1,
  isReady: () => true,
  metrics: () => registry.metrics(),
});

/** Returns the part of each process in what a single one would take of the machine, such as bytes of memory. */
export const shareOf = (total: number, { size }: Pick<ProcessGroup, 'size'>): number =>
  Math.ceil(total / size);

/** With one connection, each slow statement would delay all others of its pool. */
const MIN_CONNECTIONS = 2;

/** Returns the maximum of connections in the pool of each process. @param single the maximum of a single process */
export const poolSizeOf = (single: number, group: Pick<ProcessGroup, 'size'>): number =>
  Math.min(single, Math.max(shareOf(single, group), MIN_CONNECTIONS));
