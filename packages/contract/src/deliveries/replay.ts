import { z } from 'zod';
import { rule } from '../values/rule.js';
import { since1970 } from '../values/moment.js';
import { apiId, idOf } from '../values/ids.js';
import { pageOf, pageQuery, timestamp } from '../values/lists.js';
import { recordedType } from '../values/recorded-type.js';
import { listedTenant } from '../values/tenant-reference.js';

const settledStatus = z.enum(['succeeded', 'failed', 'dropped']).meta({ id: 'SettledStatus' });

const unique = <Value>(list: Value[]): Value[] => [...new Set(list)];

const dryRun = z.boolean().default(false).meta({ description: 'Only counts the deliveries.' });

export const replayEventBody = z.strictObject({ dryRun }).meta({ id: 'ReplayEvent' });

export const replayBody = z
  .strictObject({
    from: since1970.meta({ description: 'Replays deliveries created at or after this time.' }),
    to: since1970.meta({ description: 'Replays deliveries created before this time.' }),
    statuses: z.array(settledStatus).min(1).transform(unique).optional().meta({
      description: 'Replays only deliveries with these statuses. Default: all three.',
    }),
    dryRun,
    eventTypes: z.array(recordedType).min(1).max(100).transform(unique).optional().meta({
      description: 'Replays only events of these types (no patterns). Default: all types.',
    }),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: rule('not_later', { start: 'from' }) })
  .meta({ id: 'ReplayWebhook' });

export const replayStatus = z.enum(['running', 'completed', 'cancelled']).meta({ id: 'ReplayStatus' });

export const acceptedReplay = z
  .strictObject({
    id: apiId('replay').nullable().meta({ description: 'Null for a `dryRun`.' }),
    total: z.int().meta({ description: 'The number of deliveries to replay.' }),
  })
  .meta({ id: 'AcceptedReplay' });

const listedReplay = z
  .strictObject({
    id: apiId('replay'),
    tenantId: apiId('tenant'),
    webhookId: apiId('webhook')
      .nullable()
      .meta({ description: 'The replayed webhook. Null for the replay of an event.' }),
    eventId: apiId('event')
      .nullable()
      .meta({ description: 'The replayed event. Null for the replay of a webhook.' }),
    from: timestamp.nullable(),
    to: timestamp.nullable(),
    statuses: z.array(settledStatus).nullable().meta({ description: 'Null for all statuses.' }),
    eventTypes: z.array(z.string()).nullable().meta({ description: 'Null for all event types.' }),
    status: replayStatus.meta({
      description:
        '`running`; `completed`: all deliveries were requeued and are settled; `cancelled`: by a request, or because the webhook is ' +
        'no longer active.',
    }),
    total: z
      .int()
      .meta({ description: 'The number of deliveries to replay, counted when the replay was created.' }),
    queued: z.int().meta({
      description:
        'The number of deliveries requeued so far. The final number can be lower than `total` if deliveries were retried or ' +
        'replayed otherwise, or their events expired, in the meantime.',
    }),
    failed: z.int().nullable().meta({
      description:
        'The number of these deliveries that had failed when the replay finished. Null while it is running.',
    }),
    createdAt: timestamp,
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'ListedReplay' });

export const count = z.int();

export const replay = listedReplay
  .extend({
    progress: z.strictObject({ pending: count, succeeded: count, failed: count, dropped: count }).meta({
      id: 'ReplayProgress',
      description:
        'The requeued deliveries by current status. A delivery that was retried or replayed again later, or whose event has ' +
        'expired, is no longer counted, so the sum can be lower than `queued`. A delivery of a cancelled replay that had succeeded ' +
        'before counts as succeeded.',
    }),
  })
  .meta({ id: 'Replay' });

export type AcceptedReplayResponse = z.input<typeof acceptedReplay>;
export type ListedReplayResponse = z.input<typeof listedReplay>;
export type ReplayResponse = z.input<typeof replay>;

export const replayPage = pageOf(listedReplay, 'ReplayPage');

export const listReplaysQuery = z.strictObject({
  ...pageQuery,
  webhookId: idOf('webhook').optional(),
  status: replayStatus.optional(),
  tenantId: listedTenant.optional(),
});
