import type { Event } from '@posthorn/database/events/prisma';

const DAY_MS = 86_400_000;

const endOf = (day: string): Date => new Date(Date.parse(day) + DAY_MS);

/**
 * Returns until when the payload of an event is stored, if it is stored apart, and its history, if that is shorter than others: until the end
 * of the last day. Or until all deliveries are settled.
 */
export const retentionEnd = ({ payloadDay, historyDay }: Event) => ({
  payloadUntil: payloadDay ? endOf(payloadDay).toISOString() : null,
  payloadUntilSettled: payloadDay === null,
  historyUntil: historyDay === null ? null : endOf(historyDay).toISOString(),
});

/** Returns whether the deliveries of an event may have expired. */
export const isHistoryOver = ({ historyDay }: Event, now: Date): boolean =>
  historyDay !== null && endOf(historyDay) <= now;
