import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { WebhookOverviewPage } from '../pages/webhooks/overview/webhook-overview-page.js';
import { timeRangeSearch } from '../search/time-range.js';

export const Route = createFileRoute('/_app/webhooks/$webhookId/')({
  validateSearch: z.object(timeRangeSearch),
  component: WebhookOverviewPage,
});
