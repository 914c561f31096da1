import { z } from 'zod';
import { rule } from '../values/rule.js';
import { since1970 } from '../values/moment.js';
import { apiId, idOf } from '../values/ids.js';
import { pageOf, pageQuery, timestamp } from '../values/lists.js';
import { count, replayStatus } from './replay.js';
import { listedTenant } from '../values/tenant-reference.js';

export const recoveryBody = z
  .strictObject({
    since: since1970.meta({ description: 'Recovers deliveries created at or after this time.' }),
    until: since1970.optional().meta({
      description: 'Recovers deliveries created before this time. Default, and latest: now.',
    }),
    webhookId: idOf('webhook').optional().meta({ description: 'Default: all active webhooks.' }),
    tenantId: listedTenant.optional(),
    includeDropped: z.boolean().default(false).meta({
      description: 'Also sends deliveries that a suspension dropped, if their webhook is active again.',
    }),
    dryRun: z.boolean().default(false).meta({ description: 'Only counts the deliveries.' }),
  })
  .refine(({ since, until }) => until === undefined || since < until, {
    path: ['until'],
    message: rule('not_later', { start: 'since' }),
  })
  .meta({ id: 'Recover' });

const size = {
  total: count.meta({
    description:
      'The number of deliveries to send, counted when the recovery was created. An automatic recovery counts them as it ' +
      'brings them forward.',
  }),
  webhooks: count.meta({ description: 'The number of webhooks with such deliveries.' }),
  inactiveWebhooks: count.meta({
    description: 'The number of suspended webhooks with deliveries that did not succeed. They are left out.',
  }),
};

export const acceptedRecovery = z
  .strictObject({
    id: apiId('recovery').nullable().meta({ description: 'Null for a `dryRun`.' }),
    ...size,
  })
  .meta({ id: 'AcceptedRecovery' });

const listedRecovery = z
  .strictObject({
    id: apiId('recovery'),
    tenantId: apiId('tenant').nullable().meta({ description: 'Null for all tenants.' }),
    webhookId: apiId('webhook').nullable().meta({ description: 'Null for all webhooks.' }),
    since: timestamp,
    until: timestamp,
    includeDropped: z.boolean(),
    automatic: z.boolean().meta({
      description:
        'Started by Posthorn after the first success of a failing webhook. Only brings forward its deliveries that wait for a retry.',
    }),
    status: replayStatus.meta({
      description:
        '`running`; `completed`: each delivery was sent; `cancelled`: by a request, or because the webhooks are no longer ' +
        'active or, for an automatic recovery, failing again.',
    }),
    ...size,
    queued: count.meta({ description: 'The number of deliveries that were queued so far.' }),
    failed: count.nullable().meta({
      description:
        'The number of these deliveries that had failed again when the recovery finished. Null while it is running, or its deliveries are still being dropped.',
    }),
    createdAt: timestamp,
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'ListedRecovery' });

export const recovery = listedRecovery
  .extend({
    progress: z
      .strictObject({
        pending: count,
        retrying: count.meta({
          description: 'The pending ones that have failed again and wait for their next retry.',
        }),
        succeeded: count,
        failed: count,
        dropped: count,
      })
      .meta({
        id: 'RecoveryProgress',
        description:
          'The queued deliveries by current status, except those that were retried, replayed or recovered again later.',
      }),
  })
  .meta({ id: 'Recovery' });

export type ListedRecoveryResponse = z.input<typeof listedRecovery>;
export type RecoveryResponse = z.input<typeof recovery>;

export const recoveryPage = pageOf(listedRecovery, 'RecoveryPage');

export const listRecoveriesQuery = z.strictObject({
  ...pageQuery,
  webhookId: idOf('webhook').optional().meta({ description: 'Recoveries that include this webhook.' }),
  status: replayStatus.optional(),
  tenantId: listedTenant.optional(),
});
