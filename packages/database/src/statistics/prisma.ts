export {
  type Counts,
  readStatsByTime,
  readStatsByWebhook,
  readWebhookTrends,
  type WebhookTrend,
} from './stats.js';
