import { describeWebhook, type Sequence, type LateRequest, recordViolation } from './sequence.js';
import { listAll, type ListedDelivery } from './list-all.js';
import { untilSettled } from './settle.js';

/**
 * Checks that the requests that arrived while their webhook was suspended or deleted had started before. The recorded attempts have
 * the start times.
 */
export async function checkLateRequests(sequence: Sequence): Promise<void> {
  for (const seen of sequence.lateRequests.splice(0)) {
    const { webhook, endedAtMs, seenAtMs } = seen;
    await untilSettled(() => assertStartRecorded(sequence, seen)).catch((error: unknown) =>
      recordViolation(sequence, String(error)),
    );
    const starts = await attemptStarts(sequence, seen);
    const late = starts.find((atMs) => atMs >= endedAtMs && atMs <= seenAtMs);
    if (late !== undefined)
      recordViolation(
        sequence,
        `request to ${describeWebhook(webhook)} started ${late - endedAtMs} ms too late`,
      );
    else if (starts.some((atMs) => atMs < endedAtMs)) sequence.system.counters.startedBefore += 1;
  }
}

/** The attempt of a request is recorded a moment later, unless its worker was killed. */
async function assertStartRecorded(sequence: Sequence, request: LateRequest): Promise<void> {
  const starts = await attemptStarts(sequence, request);
  if (starts.some((atMs) => atMs <= request.seenAtMs) || sequence.system.faults.killCount('worker') > 0)
    return;
  throw new Error(`late request to ${describeWebhook(request.webhook)} has no recorded attempt`);
}

/** Returns the start times of a delivery's attempts. The workers run on this machine, so their clock is the same. */
async function attemptStarts(sequence: Sequence, { webhook, eventId }: LateRequest): Promise<number[]> {
  const deliveries = await listAll<ListedDelivery>(sequence, `/v1/events/${eventId}/deliveries`);
  const delivery = deliveries.find(({ webhookId }) => webhookId === webhook.id);
  if (!delivery) return [];
  const attempts = await listAll<{ startedAt: string }>(sequence, `/v1/deliveries/${delivery.id}/attempts`);
  return attempts.map(({ startedAt }) => Date.parse(startedAt));
}
