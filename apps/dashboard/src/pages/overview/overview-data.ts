import * as z from 'zod/mini';

const count = z.int();
const heldCount = z.nullable(count);

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
  webhooks: z.object({
    active: count,
    suspended: count,
    pendingValidation: count,
    health: z.object({ healthy: count, throttled: count, failing: count }),
  }),
  pending: z.object({
    total: count,
    isComplete: z.boolean(),
    queued: count,
    retrying: count,
    held: z.object({
      total: count,
      accessToken: heldCount,
      paused: heldCount,
      rateLimit: heldCount,
      window: heldCount,
    }),
  }),
});

export type OverviewData = z.output<typeof overviewData>;
export type PendingData = OverviewData['pending'];
export type LaneData = NonNullable<OverviewData['lanes']>[number];
