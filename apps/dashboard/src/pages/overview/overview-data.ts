import * as z from 'zod/mini';

const count = z.int();

/** The response of `/v1/overview`, and the data of each event of `/v1/overview/live`. */
export const overviewData = z.object({
  time: z.iso.datetime(),
  workers: z.nullable(z.object({ processes: z.nullable(count) })),
  lanes: z.nullable(
    z.array(
      z.object({
        lane: z.enum(['fast', 'slow', 'retry', 'replay']),
        oldestDueSeconds: z.nullable(z.number()),
        waiting: count,
      }),
    ),
  ),
  webhooks: z.object({ active: count, suspended: count, pendingValidation: count }),
});

export type OverviewData = z.output<typeof overviewData>;
export type LaneData = NonNullable<OverviewData['lanes']>[number];
