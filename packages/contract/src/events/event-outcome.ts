import { z } from 'zod';

const count = z.int();

/** How the deliveries of an event ended, and the values that it is found by. Fields of events in lists, and of search results. */
export const eventOutcome = {
  deliveries: z
    .strictObject({
      total: count,
      pending: count,
      succeeded: count,
      failed: count,
      dropped: count,
      available: count,
    })
    .meta({
      id: 'EventDeliveries',
      description:
        'The number of deliveries of the event, in total and by status. At most 1,000 of an event are counted. Present only for keys ' +
        'with the scope `deliveries:read`.',
    })
    .optional(),
  searchValues: z
    .array(
      z
        .strictObject({ key: z.string(), value: z.string() })
        .meta({ id: 'SearchValue', example: { key: '/order/id', value: '4711' } }),
    )
    .meta({
      description: 'The values at the search keys of the event type. Empty for an event of more than 32 KiB.',
    }),
};

export type EventOutcome = z.input<z.ZodObject<typeof eventOutcome>>;
