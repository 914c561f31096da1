export { type FeedEntry, type FeedPage, readFeed } from './read-feed.js';
