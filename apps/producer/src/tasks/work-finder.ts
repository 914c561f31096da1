import type { Pool } from '@posthorn/database/connection';
import { createDueWorkFinder } from '@posthorn/database/work';
import type { Task } from './task.js';

export interface SleepingTask extends Required<Pick<Task, 'name' | 'due'>> {
  wake: () => void;
}

/** Returns a task that looks for the work of other tasks, which otherwise sleep. It finds none if all of them can sleep. */
export function createWorkFinder(pool: Pool, tasks: readonly SleepingTask[]): () => Promise<boolean> {
  const findDue = createDueWorkFinder(pool, Object.fromEntries(tasks.map(({ name, due }) => [name, due])));
  return async () => {
    const due = await findDue();
    for (const { name, wake } of tasks) if (due.has(name)) wake();
    return due.size > 0;
  };
}
