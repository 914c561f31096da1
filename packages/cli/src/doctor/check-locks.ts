import type { LockReport } from '@posthorn/database/server';
import { type Finding, ok, warning } from './finding.js';

const CHECK = 'locks';

/**
 * Locks that the lock table holds for each connection, in multiples of max_locks_per_transaction. Measured with PostgreSQL 18:
 * 64, 128 and 256 are enough for 30, 60 and more than 90 of 100 connections with 1,300 locks each.
 */
const CAPACITY_FACTOR = 6;

/** Checks whether all connections can run statements over all daily partitions at the same time. */
export function checkLocks({ maxLocksPerTransaction, locksOfLargestStatement }: LockReport): Finding {
  const setting = `max_locks_per_transaction is ${maxLocksPerTransaction}`;
  if (locksOfLargestStatement <= maxLocksPerTransaction * CAPACITY_FACTOR) return ok(CHECK, setting);
  const needed = 2 ** Math.ceil(Math.log2(locksOfLargestStatement / CAPACITY_FACTOR));
  return warning(
    CHECK,
    `${setting}, but a statement over all daily partitions takes ${locksOfLargestStatement} locks`,
    `Set it to ${needed} and restart PostgreSQL. See "Locks of PostgreSQL" in docs/servers.md.`,
  );
}
