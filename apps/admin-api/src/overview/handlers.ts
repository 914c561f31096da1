import { bindHandlers } from '../calls/bind-handlers.js';
import { getAttention } from './attention.js';
import type { OverviewDeps } from './deps.js';
import { getOverview, followOverview } from './overview.js';
import { getStats, getWebhookTrends } from './stats.js';

/** Creates the handlers of the overview and the statistics. */
export const createOverviewHandlers = (deps: OverviewDeps) =>
  bindHandlers({ getAttention, getOverview, followOverview, getStats, getWebhookTrends }, deps);
