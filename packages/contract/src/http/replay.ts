import { z } from 'zod';
import { tenantReference } from '../messages.js';
import { moment } from '../moment.js';
import { apiId, idOf } from './ids.js';
import { pageOf, pageQuery, timestamp } from './lists.js';
import { recordedType } from './recorded-type.js';

/** Nothing is older than 1970: an earlier moment stands for it. */
const since1970 = moment.transform((time) => new Date(Math.max(time.getTime(), 0)));

const settledStatus = z.enum(['succeeded', 'failed', 'dropped']);

const unique = <Value>(list: Value[]): Value[] => [...new Set(list)];

export const replayBody = z
  .strictObject({
    from: since1970.meta({ description: 'Deliveries that were made at this moment or later.' }),
    to: since1970.meta({ description: 'Deliveries that were made before this moment.' }),
    statuses: z.array(settledStatus).min(1).transform(unique).optional().meta({
      description: 'What has become of them; all three if absent.',
    }),
    eventTypes: z.array(recordedType).min(1).max(100).transform(unique).optional().meta({
      description: 'Exact types; all if absent.',
    }),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be later than from' })
  .meta({ id: 'ReplayWebhook' });

const replayStatus = z.enum(['running', 'completed', 'cancelled']);

const listedReplay = z
  .strictObject({
    id: apiId('replay'),
    tenantId: apiId('tenant'),
    webhookId: apiId('webhook').nullable().meta({ description: 'Null for a replay of an event.' }),
    eventId: apiId('event').nullable().meta({ description: 'Null for a replay of a webhook.' }),
    from: timestamp.nullable(),
    to: timestamp.nullable(),
    statuses: z.array(settledStatus).nullable().meta({ description: 'Null: all.' }),
    eventTypes: z.array(z.string()).nullable().meta({ description: 'Null: all.' }),
    status: replayStatus.meta({
      description:
        '`completed`: all are made again and none is pending any more. `cancelled`: by a call, or because the webhook ' +
        'was not active any more.',
    }),
    total: z.int().meta({ description: 'How many there were when it was asked for.' }),
    queued: z.int().meta({
      description:
        'How many were made pending again so far. At the end this may differ from `total` by those that were made again ' +
        'otherwise meanwhile.',
    }),
    createdAt: timestamp,
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'ListedReplay' });

const count = z.int();

export const replay = listedReplay
  .extend({
    progress: z.strictObject({ pending: count, succeeded: count, failed: count, dropped: count }).meta({
      description:
        'Its deliveries as they stand now. One that a later replay or retry made again counts there alone: what is ' +
        'missing from `queued` went elsewhere, or has aged out.',
    }),
  })
  .meta({ id: 'Replay' });

export type ListedReplayAnswer = z.input<typeof listedReplay>;
export type ReplayAnswer = z.input<typeof replay>;

export const replayPage = pageOf(listedReplay);

export const listReplaysQuery = z.strictObject({
  ...pageQuery,
  webhookId: idOf('webhook').optional(),
  status: replayStatus.optional(),
  tenantId: tenantReference.optional(),
});
