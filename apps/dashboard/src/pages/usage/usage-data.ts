import { queryOptions } from '@tanstack/react-query';
import { client } from '../../api/api.js';
import type { PlotPoint } from '../../components/plot-props.js';
import type { components } from '../../generated/api.js';

export type UsageRow = components['schemas']['UsageRow'];

/** What the table can be grouped by; by day unless one is selected. */
export const USAGE_GROUPINGS = ['tenant', 'tenant,day'] as const;

/** The first and the last day, in UTC. */
export interface UsageDays {
  from: string;
  to: string;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

/** Days of a chart: usage is kept for 24 months. */
const MAX_DAYS = 732;

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10);

/** Returns the selected days. Without a selection, or if the first is after the last: the last 30 days. */
export function usageDays({ from, to }: Partial<UsageDays>, nowMs: number): UsageDays {
  const last = to ?? dayOf(nowMs);
  const first = from ?? dayOf(Date.parse(last) - (DEFAULT_DAYS - 1) * DAY_MS);
  return first <= last ? { from: first, to: last } : { from: last, to: last };
}

/** Reads the usage of each day, all at once. */
export const dailyUsage = (query: UsageDays & { tenantId: string | undefined }) =>
  queryOptions({
    queryKey: ['usage by day', query],
    queryFn: async ({ signal }): Promise<UsageRow[]> => {
      const { data = '' } = await client.GET('/v1/usage', {
        params: { query: { ...query, groupBy: 'day', format: 'ndjson' } },
        parseAs: 'text',
        signal,
      });
      return data
        .split('\n')
        .filter((line) => line !== '')
        .map((line): UsageRow => JSON.parse(line));
    },
  });

/** Returns a point for each day of the chart, the last ones if there are too many. */
export function usagePoints(rows: readonly UsageRow[], { from, to }: UsageDays): PlotPoint[] {
  const known = new Map(rows.map((row) => [row.day, row]));
  const days = Math.min((Date.parse(to) - Date.parse(from)) / DAY_MS + 1, MAX_DAYS);
  return Array.from({ length: days }, (_, index) => {
    const day = dayOf(Date.parse(to) - (days - 1 - index) * DAY_MS);
    const { events = 0, deliveries = 0, attempts = 0 } = known.get(day) ?? {};
    // Midnight where the reader is, so that the axis shows this day.
    return { time: `${day}T00:00:00`, events, deliveries, attempts };
  });
}
