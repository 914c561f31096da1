import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { WebhookReplaysPage } from '../pages/webhooks/replays/webhook-replays-page.js';
import { fromAddress } from '../search/optional-param.js';

/** What a new replay begins with. */
const search = z.object({
  from: fromAddress(z.iso.datetime()),
  to: fromAddress(z.iso.datetime()),
  status: fromAddress(z.enum(['succeeded', 'failed', 'dropped'])),
  eventType: fromAddress(z.string()),
});

export const Route = createFileRoute('/_app/webhooks/$webhookId/replays')({
  validateSearch: search,
  component: WebhookReplaysPage,
});
