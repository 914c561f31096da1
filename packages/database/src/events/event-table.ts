import { idTimeMs } from '@posthorn/core';
import { isoDay } from '../ids/iso-day.js';
import { isUndefinedTable } from '../connection/transient.js';

/** The events of all days. */
const ALL_EVENTS = 'event';

/**
 * Returns the table with the events of deliveries: the partition of their day if all are of one day, as nearly always. A statement
 * on the partition locks and plans one table, whatever the retention; one on `event` locks the partitions of all days.
 */
export function eventTableOf(deliveryIds: readonly string[]): string {
  const [day, ...others] = new Set(deliveryIds.map((id) => isoDay(new Date(idTimeMs(id)))));
  return day === undefined || others.length > 0 ? ALL_EVENTS : `${ALL_EVENTS}_${day.replaceAll('-', '')}`;
}

/** Runs a statement on a table of events, or on the tables of all days if that day has no partition. */
export async function orAllEvents<T>(table: string, run: (table: string) => Promise<T>): Promise<T> {
  try {
    return await run(table);
  } catch (error) {
    if (!isUndefinedTable(error)) throw error;
    return run(ALL_EVENTS);
  }
}
