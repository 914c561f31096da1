import { findFeedPosition } from '@posthorn/database/feed';
import type { Handler } from '../calls/handler.js';
import type { FeedDeps } from './deps.js';
import { requireWebhook } from './feed.js';

export const getFeedCursor: Handler<'getFeedCursor', FeedDeps> = async ({ caller, params }, { prisma }) => {
  const { id } = await requireWebhook(params.id, caller, { prisma });
  return { status: 200, body: await findFeedPosition(prisma, id) };
};
