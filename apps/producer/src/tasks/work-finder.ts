import { DROP_AGE_MS } from '../suspension/pending-dropper.js';
import type { Pool } from '@posthorn/database/connection';
import { type DueWork, findDueWork } from '@posthorn/database/work';

interface WorkFinderDeps {
  pool: Pool;
  /** Wakes the task of each kind of work. */
  wakeUps: Record<Exclude<keyof DueWork, 'emails'>, () => void> & { emails?: () => void };
}

/** Returns a task that looks for the work of other tasks, which otherwise sleep. It finds none if all of them can sleep. */
export function createWorkFinder({ pool, wakeUps }: WorkFinderDeps): () => Promise<boolean> {
  return async () => {
    const due = await findDueWork(pool, { dropAgeMs: DROP_AGE_MS });
    if (due.drops) wakeUps.drops();
    if (due.replays) wakeUps.replays();
    if (due.erasures) wakeUps.erasures();
    if (due.auditEntries) wakeUps.auditEntries();
    if (due.operationalEvents) wakeUps.operationalEvents();
    // Without a server for emails, they do not keep the finder awake.
    if (due.emails) wakeUps.emails?.();
    const isEmailDue = due.emails && wakeUps.emails !== undefined;
    return [due.drops, due.replays, due.erasures, due.auditEntries, due.operationalEvents, isEmailDue].some(
      Boolean,
    );
  };
}
