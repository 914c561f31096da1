import type { RemovedImportResponse } from '@posthorn/contract';
import { type Actor, type HashingSealer, transition } from '@posthorn/core';
import type { WebhookChange, WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { suspenderOf } from '../webhooks/lifecycle.js';
import { digestsOf, presentValues } from './import-values.js';

interface RemovalPlan {
  action: RemovedImportResponse['action'];
  /** Null if nothing changes. */
  change: WebhookChange | null;
}

interface Context {
  /** Whether a webhook that an earlier call has suspended is deleted. */
  deletes: boolean;
  actor: Actor;
  sealer: HashingSealer;
  now: Date;
}

const REASON = 'removed from the system that it was imported from';

const UNCHANGED: RemovalPlan = { action: 'unchanged', change: null };

/** Decides what happens to a webhook that its source does not have any more: it is suspended first, and deleted by a later call. */
export function planRemoval(webhook: WebhookRecord, context: Context): RemovalPlan {
  const { importRemovedAt, status } = webhook;
  if (importRemovedAt === null) return { action: 'removed', change: suspension(webhook, context) };
  // A webhook that is active was reactivated by hand.
  if (!context.deletes || status === 'active') return UNCHANGED;
  const deletion = transition(webhook, { type: 'delete' }, context.now);
  if (!deletion.ok) return UNCHANGED;
  return {
    action: 'deleted',
    change: { lifecycle: deletion.next, settings: { importRemovedAt } },
  };
}

/** A webhook that is not active gets no requests: it is only remembered. */
function suspension(webhook: WebhookRecord, { actor, sealer, now }: Context): WebhookChange {
  const command = {
    type: 'suspend',
    reason: REASON,
    ...suspenderOf(actor),
  } as const;
  const suspended = transition(webhook, command, now);
  if (!suspended.ok) return { settings: { importRemovedAt: now } };
  const present = presentValues(webhook, { sealer, now, hiddenHeaders: [] });
  const { enabled } = digestsOf(webhook.id, { ...present, enabled: false }, sealer);
  return {
    lifecycle: suspended.next,
    settings: {
      importRemovedAt: now,
      // The import has suspended it, so that it is reactivated when the source has it again.
      importDigests: {
        ...webhook.importDigests,
        ...(enabled !== undefined && { enabled }),
      },
    },
  };
}
