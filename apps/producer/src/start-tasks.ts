import { flowNowMs, RetryPriorities } from '@posthorn/flow';
import { createTasks, type ServiceContext } from '@posthorn/runtime';
import type { ProducerConfig } from '@posthorn/runtime/config';
import { chainAuditTask } from './audit/audit-chainer.js';
import { registerPayloadKeysTask } from './encryption/register-payload-keys.js';
import { eraseTask } from './erasures/eraser.js';
import { feedLanesTask } from './lanes/lane-feeder.js';
import { NOTIFICATION_TASKS } from './notifications/index.js';
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
import { createWorkFinder } from './tasks/work-finder.js';

/** The background tasks of a producer, beside `find_work`, which wakes those with work. */
export const TASKS: readonly Task[] = [
  reconcileTask,
  promoteTask,
  feedLanesTask,
  dropPendingTask,
  eraseTask,
  replayTask,
  chainAuditTask,
  ...NOTIFICATION_TASKS,
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

type OpenedDeps = Omit<TaskDeps, 'config' | 'logger' | 'priorities' | 'parts'>;

/** Starts the background tasks. */
export async function startTasks(
  { config, logger, registry, parts }: ServiceContext<ProducerConfig>,
  opened: OpenedDeps,
): Promise<void> {
  // After everything that the tasks use, so that they stop first.
  const tasks = await parts.open(createTasks({ logger, registry }));
  const deps = { ...opened, config, logger, parts, priorities: new RetryPriorities(flowNowMs) };
  const created = [];
  for (const task of TASKS) {
    const work = await task.create(deps);
    if (work) created.push({ ...task, work });
  }
  const started = created.map((task) => ({ ...task, wake: tasks.run(task.name, task.pauses, task.work) }));
  const sleeping = started.flatMap(({ name, due, wake }) => (due === undefined ? [] : [{ name, due, wake }]));
  const findWork = tasks.run('find_work', FIND_WORK_PAUSES, createWorkFinder(deps.pool, sleeping));
  const { doorbell, wakeUps } = deps;
  doorbell.on(wakeUps, findWork);
  for (const { isWokenByDoorbell, wake } of started) if (isWokenByDoorbell) doorbell.on(wakeUps, wake);
}
