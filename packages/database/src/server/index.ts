export {
  type ClockDifference,
  confirmClockDifference,
  MAX_CLOCK_DIFFERENCE_MS,
  mayDropData,
  readClockDifference,
} from './clock-difference.js';
export {
  inspectDatabase,
  type LockReport,
  type MigrationReport,
  type ReplicationReport,
  type RoleReport,
} from './inspect-database.js';
export { migrate } from './migrate.js';
export { connectForProbe, probeWrites } from './probe-writes.js';
export { type Clocks, readClocks } from './read-clocks.js';
export { withLease } from './task-lease.js';
