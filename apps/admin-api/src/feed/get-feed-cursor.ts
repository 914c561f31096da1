import { findFeedPosition } from '@posthorn/database/feed';
import type { Handler } from '../http/handler.js';
import { requireWebhook } from './feed.js';

export const getFeedCursor: Handler<'getFeedCursor'> = async ({ caller, params }, { prisma }) => {
  const { id } = await requireWebhook(params.id, caller, { prisma });
  return { status: 200, body: await findFeedPosition(prisma, id) };
};
