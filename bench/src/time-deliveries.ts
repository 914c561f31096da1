import { type Bench, resetReceiver } from './bench.js';
import { cpuMsOfTree, usage } from './child.js';
import { countRecorded, waitUntilSettled } from './records.js';
import { type Services, stopAll, type Used } from './services.js';
import { sharedClockMs } from './shared-clock.js';

/** The result of a closed-loop round. */
export interface Round extends Used {
  /** From the start until the last delivery was recorded. */
  durationMs: number;
}

/**
 * Measures the time until `count` deliveries have arrived and are recorded as succeeded, from the call of `start`, or from the first
 * arrival when everything is queued and a process is still to start.
 * @throws Error when a delivery is lost, sent twice or not recorded: the figure would be meaningless
 */
export async function timeDeliveries(
  bench: Bench,
  round: { count: number; from: 'start' | 'first arrival'; start: () => Promise<Services> },
): Promise<Round> {
  const { count } = round;
  const { pool } = bench.database;
  const before = await countRecorded(pool);
  await resetReceiver(bench, count);
  const all = bench.receiver.next<{ firstAtMs: number; duplicates: number }>('all');
  const startedMs = sharedClockMs();
  const cpuBefore = cpuOfOthers(bench);
  const services = await round.start();
  const { firstAtMs, duplicates } = await all;
  await waitUntilSettled(pool);
  const durationMs = sharedClockMs() - (round.from === 'start' ? startedMs : firstAtMs);
  const others = perDelivery(cpuBefore, cpuOfOthers(bench), count);
  const used = await stopAll(services, count);
  const after = await countRecorded(pool);
  const succeeded = after.succeeded - before.succeeded;
  const attempts = after.attempts - before.attempts;
  if (succeeded !== count || attempts !== count || duplicates > 0) {
    throw new Error(
      `${count} expected, ${succeeded} recorded, ${attempts} attempts, ${duplicates} sent twice`,
    );
  }
  return { durationMs, ...used, cpuUs: { ...used.cpuUs, ...others } };
}

/** Returns the CPU time of the servers and the receiver, in milliseconds. */
function cpuOfOthers({ stack, receiver }: Bench): Record<string, number> {
  const servers = stack.processes().map(({ role, pid }): [string, number] => [role, cpuMsOfTree(pid)]);
  return { ...Object.fromEntries(servers), receiver: usage(receiver.pid).cpuMs };
}

function perDelivery(
  before: Record<string, number>,
  after: Record<string, number>,
  count: number,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([role, cpuMs]) => [
      role,
      Math.round(((cpuMs - (before[role] ?? 0)) * 1000) / count),
    ]),
  );
}
