import type { Acceptor } from '@posthorn/fanout';
import type { RetryPriorities } from '@posthorn/flow';
import type { Pauses, ServiceContext, Work } from '@posthorn/runtime';
import type { EmailSettings, ProducerConfig } from '@posthorn/runtime/config';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Pools, RedisParts } from '../servers/open-servers.js';

export interface TaskDeps extends ServiceContext<ProducerConfig>, Pools, RedisParts {
  metrics: ProducerMetrics;
  acceptor: Acceptor;
  /** Counts the jobs that tasks create. */
  priorities: RetryPriorities;
  /** Null if no emails are sent. */
  email: EmailSettings | null;
}

/** A background task of a producer. */
export interface Task {
  /** Its label in metrics and logs. */
  name: string;
  /** With `due`, the longest pause is long, because `find_work` wakes the task. */
  pauses: number | Pauses;
  /** The SQL condition on which `find_work` wakes the task. */
  due?: string;
  /** Whether other processes wake the task, when they have done something. */
  isWokenByDoorbell?: true;
  /** Returns null if the task does not run with these settings. */
  create(deps: TaskDeps): Work | null | Promise<Work | null>;
}
