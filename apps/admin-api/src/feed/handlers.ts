import { bindHandlers } from '../calls/bind-handlers.js';
import type { FeedDeps } from './deps.js';
import { getFeed, setFeedCursor } from './feed.js';
import { getFeedCursor } from './get-feed-cursor.js';

/** Creates the handlers of feeds. */
export const createFeedHandlers = (deps: FeedDeps) =>
  bindHandlers({ getFeed, setFeedCursor, getFeedCursor }, deps);
