export { type BlockedWebhook, readBlockedWebhooks } from './read-blocked-webhooks.js';
export { readRecentAttempts, type RecentAttempts } from './read-recent-attempts.js';
