import { findFeedPosition, findWebhook } from '@posthorn/database/prisma';
import type { Handler } from '../http/handler.js';
import { webhookNotFound } from '../webhooks/webhook-errors.js';

export const getFeedCursor: Handler<'getFeedCursor'> = async ({ caller, params }, { prisma }) => {
  const webhook = await findWebhook(prisma, { id: params.id, tenantId: caller.tenantId });
  const isOfKey = caller.webhookId === null || caller.webhookId === webhook?.id;
  if (!webhook || !isOfKey) throw webhookNotFound();
  return { status: 200, body: await findFeedPosition(prisma, webhook.id) };
};
