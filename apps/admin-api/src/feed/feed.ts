import type { Handler } from '../http/handler.js';

export const getFeed: Handler<'getFeed'> = async () => ({
  status: 200,
  body: { entries: [], last: 0, cursor: null },
});

export const setFeedCursor: Handler<'setFeedCursor'> = async ({ body }) => ({
  status: 200,
  body: { cursor: body.sequence, last: body.sequence },
});
