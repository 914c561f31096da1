import { type Part, stopOnce } from '@posthorn/core';
import type { HealthUpdate } from '@posthorn/database/health';

/** The result of an attempt, as far as it concerns the health of its webhook. */
interface AttemptHealth {
  webhookId: string;
  /** Since when the webhook was failing when the delivery was read; null if it was healthy. */
  failingSince: Date | null;
  ok: boolean;
  /** The end of the attempt. */
  at: Date;
}

interface HealthRecorderDeps {
  write: (updates: HealthUpdate[]) => Promise<void>;
  /** Called when updates could not be written. They are lost; later attempts record the same again. */
  onError: (error: unknown) => void;
}

interface HealthRecorder extends Part {
  record(attempt: AttemptHealth): void;
  /** Writes the remaining updates. */
  stop(): Promise<void>;
}

/** Updates are collected for this time and written together, in milliseconds. */
const COLLECT_MS = 1000;

/**
 * Records since when webhooks are failing. It does not delay deliveries: only changes are written, in batches over all
 * webhooks.
 */
export function createHealthRecorder({ write, onError }: HealthRecorderDeps): HealthRecorder {
  let collected = new Map<string, HealthUpdate>();
  let beingWritten = new Map<string, HealthUpdate>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function record(attempt: AttemptHealth): void {
    if (isKnown(attempt)) return;
    collected.set(attempt.webhookId, merge(collected.get(attempt.webhookId), attempt));
    timer ??= setTimeout(flush, COLLECT_MS);
  }

  /** `failingSince` is out of date while an update of the webhook is pending. */
  function isKnown({ webhookId, failingSince, ok }: AttemptHealth): boolean {
    if (collected.has(webhookId) || beingWritten.has(webhookId)) return false;
    return ok === (failingSince === null);
  }

  function flush(): void {
    timer = undefined;
    writing = writing.then(writeCollected);
  }

  async function writeCollected(): Promise<void> {
    beingWritten = collected;
    collected = new Map();
    if (beingWritten.size > 0) await write([...beingWritten.values()]).catch(onError);
    beingWritten = new Map();
  }

  return {
    record,
    stop: stopOnce(async () => {
      clearTimeout(timer);
      flush();
      await writing;
    }),
  };
}

function merge(update: HealthUpdate | undefined, { webhookId, ok, at }: AttemptHealth): HealthUpdate {
  if (ok) return { webhookId, succeededAt: at, failingSince: null };
  return { webhookId, succeededAt: update?.succeededAt ?? null, failingSince: update?.failingSince ?? at };
}
