import type { WebhookResponse } from '@posthorn/contract';
import type { WebhookMute } from '@posthorn/database/notifications/prisma';
import type { WebhookRecord } from '@posthorn/database/webhooks/prisma';
import { timeOrNull } from '../http/page.js';

/** Serializes what is muted. A mute whose time has passed, and an acknowledgement of an earlier state, have ended. */
export function serializeNotifications(
  webhook: WebhookRecord,
  mute: WebhookMute | undefined,
  seesNames: boolean,
): WebhookResponse['notifications'] {
  const muted = mute?.mutedAt && (mute.mutedUntil === null || mute.mutedUntil > new Date()) ? mute : null;
  const acknowledged = mute && isAcknowledged(webhook, mute) ? mute : null;
  return {
    mutedAt: timeOrNull(muted?.mutedAt ?? null),
    mutedUntil: timeOrNull(muted?.mutedUntil ?? null),
    mutedBy: seesNames ? (muted?.mutedBy ?? null) : null,
    acknowledgedAt: timeOrNull(acknowledged?.acknowledgedAt ?? null),
    acknowledgedBy: seesNames ? (acknowledged?.acknowledgedBy ?? null) : null,
  };
}

/** Agrees with `isAcknowledged` of the database. */
function isAcknowledged(webhook: WebhookRecord, mute: WebhookMute): boolean {
  return (
    mute.acknowledgedAt !== null &&
    mute.acknowledgedEpoch === webhook.epoch &&
    mute.acknowledgedHealth === webhook.health &&
    mute.acknowledgedHealthSince?.getTime() === webhook.healthSince?.getTime()
  );
}
