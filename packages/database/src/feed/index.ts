export { findChangedFeeds, type WatchedFeed } from './find-changed-feeds.js';
export { findFeedPosition } from './find-feed-position.js';
export { setFeedCursor } from './set-feed-cursor.js';
