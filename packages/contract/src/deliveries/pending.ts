import { z } from 'zod';

const count = z.int();
const heldCount = z.int().nullable();

/** The number of pending deliveries, now. */
export const pending = z
  .strictObject({
    total: count,
    isComplete: z.boolean().meta({
      description: 'False if there are more than 50,000. Then the counts are of that many of them.',
    }),
    queued: count.meta({ description: 'Before their first attempt, and not held.' }),
    retrying: count.meta({ description: 'After a failed attempt, and not held.' }),
    held: z
      .strictObject({
        total: count,
        accessToken: heldCount.meta({ description: 'Until there is an access token of the webhook.' }),
        paused: heldCount.meta({ description: 'By a `Retry-After` of the receiver.' }),
        rateLimit: heldCount.meta({ description: 'By the `rateLimit` of the webhook.' }),
        window: heldCount.meta({ description: 'By `maxInFlight` or the congestion window.' }),
      })
      .meta({
        id: 'HeldCounts',
        description:
          'Due, but held by a limit of the webhook, or without its access token. The reasons are null if Redis is unavailable.',
      }),
  })
  .meta({ id: 'PendingCounts', description: 'The number of pending deliveries, now.' });

export type PendingResponse = z.input<typeof pending>;
