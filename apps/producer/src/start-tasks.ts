import { createTasks, type Work } from '@posthorn/runtime';
import { chainAuditTask } from './audit/audit-chainer.js';
import { registerPayloadKeysTask } from './encryption/register-payload-keys.js';
import { eraseTask } from './erasures/eraser.js';
import { feedLanesTask } from './lanes/lane-feeder.js';
import { sendEmailTask } from './notifications/mail-sender.js';
import { publishOperationalEventsTask } from './notifications/operational-event-publisher.js';
import { promoteTask } from './reconciliation/promoter.js';
import { reconcileTask } from './reconciliation/reconciler.js';
import { replayTask } from './replays/replayer.js';
import { maintenanceTask } from './retention/maintenance.js';
import { deletePayloadsTask } from './retention/payload-cleaner.js';
import { aggregateStatsTask } from './statistics/stats-aggregator.js';
import { countUsageTask } from './statistics/usage-counter.js';
import { autoSuspendTask } from './suspension/auto-suspend.js';
import { limitBacklogsTask } from './suspension/backlog-limit.js';
import { keepFencesTask } from './suspension/fence-keeper.js';
import { dropPendingTask } from './suspension/pending-dropper.js';
import type { Task, TaskDeps } from './tasks/task.js';
import { createWorkFinder, type SleepingTask } from './tasks/work-finder.js';

/** The background tasks of a producer, beside `find_work`, which wakes those with work. */
export const TASKS: readonly Task[] = [
  reconcileTask,
  promoteTask,
  feedLanesTask,
  dropPendingTask,
  eraseTask,
  replayTask,
  chainAuditTask,
  publishOperationalEventsTask,
  sendEmailTask,
  autoSuspendTask,
  limitBacklogsTask,
  keepFencesTask,
  aggregateStatsTask,
  countUsageTask,
  deletePayloadsTask,
  maintenanceTask,
  registerPayloadKeysTask,
];

const FIND_WORK_PAUSES = { intervalMs: 500, maxIntervalMs: 2000 };

/** Starts the background tasks. */
export async function startTasks(deps: TaskDeps): Promise<void> {
  const { parts, doorbell, wakeUps } = deps;
  // After everything that the tasks use, so that they stop first.
  const tasks = await parts.open(createTasks(deps));
  const created: (Task & { work: Work })[] = [];
  for (const task of TASKS) {
    const work = await task.create(deps);
    if (work) created.push({ ...task, work });
  }
  const sleeping: SleepingTask[] = [];
  for (const { name, pauses, work, due, isWokenByDoorbell } of created) {
    const wake = tasks.run(name, pauses, work);
    if (due !== undefined) sleeping.push({ name, due, wake });
    if (isWokenByDoorbell) doorbell.on(wakeUps, wake);
  }
  doorbell.on(wakeUps, tasks.run('find_work', FIND_WORK_PAUSES, createWorkFinder(deps.pool, sleeping)));
}
