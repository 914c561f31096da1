import { type Actor, type AuditAction, SYSTEM_TENANT_ID } from '@posthorn/core';
import type { WebhookMute } from '../generated/client.js';
import { ACKNOWLEDGED_TYPES, type Audience } from './is-notified.js';
import { audit } from '../audit/audit.js';
import { lockWebhook } from '../webhooks/change-webhook.js';
import type { PrismaDb, PrismaTransaction } from '../prisma-client/client.js';
import type { WebhookTarget } from '../webhooks/find-webhooks.js';
import type { WebhookRecord } from '../webhooks/webhook-record.js';

/** What an audience does about the notifications of a webhook. */
export type MuteCommand = { type: 'mute'; until: Date | null } | { type: 'unmute' } | { type: 'acknowledge' };

const ACTIONS = {
  mute: 'webhook.muted',
  unmute: 'webhook.unmuted',
  acknowledge: 'webhook.acknowledged',
} as const satisfies Record<MuteCommand['type'], AuditAction>;

/**
 * Mutes, unmutes or acknowledges a webhook for an audience. Deletes the gathered notices that the audience would not get any more.
 * @param assertAllowed throws if the state of the webhook does not allow it
 * @returns the webhook, or null if it does not exist
 */
export async function muteWebhook(
  prisma: PrismaDb,
  target: WebhookTarget,
  {
    audience,
    command,
    actor,
    assertAllowed,
  }: {
    audience: Audience;
    command: MuteCommand;
    actor: Actor;
    assertAllowed: (webhook: WebhookRecord) => void;
  },
): Promise<WebhookRecord | null> {
  return prisma.$transaction(async (transaction) => {
    const locked = await lockWebhook(transaction, target);
    if (!locked) return null;
    const { webhook, now } = locked;
    assertAllowed(webhook);
    const columns = columnsOf(command, { webhook, now, name: actor.name });
    const key = { webhookId: webhook.id, audience };
    await transaction.webhookMute.upsert({
      where: { webhookId_audience: key },
      create: { ...key, ...columns },
      update: columns,
    });
    if (command.type !== 'unmute')
      await deleteNotices(transaction, webhook, {
        audience,
        types: command.type === 'acknowledge' ? ACKNOWLEDGED_TYPES : null,
      });
    await audit(transaction, actor, {
      action: ACTIONS[command.type],
      tenantId: webhook.tenantId,
      target: webhook.id,
      before: null,
      after: { audience, ...(command.type === 'mute' && { until: command.until?.toISOString() ?? null }) },
    });
    return webhook;
  });
}

/**
 * Deletes the notices about a webhook that wait for the next message to an audience, not the notices of a message that is being sent.
 * @param types null for all
 */
async function deleteNotices(
  transaction: PrismaTransaction,
  { id, tenantId }: WebhookRecord,
  { audience, types }: { audience: Audience; types: readonly string[] | null },
): Promise<void> {
  // Locked in the order in which they are inserted.
  await transaction.$executeRaw`
    WITH waiting AS MATERIALIZED (
      SELECT tenant_id, address, webhook_id, type FROM notice
      WHERE tenant_id = ${audience === 'operator' ? SYSTEM_TENANT_ID : tenantId}::uuid AND webhook_id = ${id}::uuid
        AND mail_id IS NULL AND (${types}::text[] IS NULL OR type = ANY (${types}::text[]))
      ORDER BY tenant_id, address, webhook_id, type FOR UPDATE
    )
    DELETE FROM notice n USING waiting w
    WHERE n.tenant_id = w.tenant_id AND n.address = w.address AND n.webhook_id = w.webhook_id AND n.type = w.type`;
}

function columnsOf(
  command: MuteCommand,
  { webhook, now, name }: { webhook: WebhookRecord; now: Date; name: string },
) {
  switch (command.type) {
    case 'mute':
      return { mutedAt: now, mutedUntil: command.until, mutedBy: name };
    case 'unmute':
      return {
        mutedAt: null,
        mutedUntil: null,
        mutedBy: null,
        acknowledgedAt: null,
        acknowledgedBy: null,
      };
    case 'acknowledge':
      return {
        acknowledgedAt: now,
        acknowledgedBy: name,
        acknowledgedEpoch: webhook.epoch,
        acknowledgedHealth: webhook.health,
        acknowledgedHealthSince: webhook.healthSince,
      };
  }
}

/** Returns what an audience has muted or acknowledged, by webhook. */
export async function readMutes(
  prisma: PrismaDb,
  webhookIds: readonly string[],
  audience: Audience,
): Promise<Map<string, WebhookMute>> {
  const rows = await prisma.webhookMute.findMany({ where: { webhookId: { in: [...webhookIds] }, audience } });
  return new Map(rows.map((row) => [row.webhookId, row]));
}
