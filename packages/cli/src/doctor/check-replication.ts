import type { ReplicationReport } from '@posthorn/database/server';
import { error, type Finding, ok, warning } from './finding.js';

const CHECK = 'replication';
const ADVICE = 'See "Failover of PostgreSQL" in docs/runbook.md.';

/** Checks whether a failover of PostgreSQL to a replica can lose what was accepted. */
export function checkReplication({
  replicas,
  synchronousStandbyNames,
  commitsWait,
}: ReplicationReport): Finding {
  const connected = replicas === 1 ? '1 replica' : `${replicas} replicas`;
  if (synchronousStandbyNames === '') {
    if (replicas === 0) return ok(CHECK, 'No replica is connected');
    return warning(
      CHECK,
      `${connected}, asynchronous: a failover loses the last accepted events`,
      `Set synchronous_standby_names. ${ADVICE}`,
    );
  }
  const names = `synchronous_standby_names is ${synchronousStandbyNames}`;
  if (!commitsWait)
    return warning(
      CHECK,
      `${names}, but synchronous_commit is off or local`,
      `Set synchronous_commit to on. ${ADVICE}`,
    );
  if (replicas === 0)
    return error(
      CHECK,
      `${names}, but no replica is connected: commits wait for one`,
      `Start a replica. ${ADVICE}`,
    );
  return ok(CHECK, `${connected}, ${names}`);
}
