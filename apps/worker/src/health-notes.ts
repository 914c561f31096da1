import type { HealthUpdate } from '@posthorn/database';

/** What came of an attempt, as far as the health of its webhook goes. */
export interface HealthFact {
  webhookId: string;
  /** Since when the webhook was known to fail as the delivery was read. */
  failingSince: Date | null;
  ok: boolean;
  /** The end of the attempt. */
  at: Date;
}

export interface HealthNotesDeps {
  write: (notes: HealthUpdate[]) => Promise<void>;
  /** Hears of notes that could not be written. They are lost: the next attempts to those webhooks bring them again. */
  onError: (error: unknown) => void;
}

export interface HealthNotes {
  noteHealth(fact: HealthFact): void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

/** Notes are collected for this long before they are written, in milliseconds. */
const COLLECT_MS = 1000;

/**
 * Keeps since when webhooks fail, beside the path of deliveries: only what differs from what is known is written, for
 * all webhooks together.
 */
export function createHealthNotes({ write, onError }: HealthNotesDeps): HealthNotes {
  let collected = new Map<string, HealthUpdate>();
  let beingWritten = new Map<string, HealthUpdate>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  function noteHealth(fact: HealthFact): void {
    if (isKnown(fact)) return;
    collected.set(fact.webhookId, withFact(collected.get(fact.webhookId), fact));
    timer ??= setTimeout(flush, COLLECT_MS);
  }

  /** What is on its way into PostgreSQL is newer than what was read. */
  function isKnown({ webhookId, failingSince, ok }: HealthFact): boolean {
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
    noteHealth,
    async stop() {
      clearTimeout(timer);
      flush();
      await writing;
    },
  };
}

function withFact(note: HealthUpdate | undefined, { webhookId, ok, at }: HealthFact): HealthUpdate {
  if (ok) return { webhookId, succeededAt: at, failingSince: null };
  return { webhookId, succeededAt: note?.succeededAt ?? null, failingSince: note?.failingSince ?? at };
}
