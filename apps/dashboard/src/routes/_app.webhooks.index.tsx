import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { WebhooksPage } from '../pages/webhooks/webhooks-page.js';
import { fromAddress } from '../search/optional-param.js';

const search = z.object({
  status: fromAddress(z.enum(['pending_validation', 'active', 'suspended'])),
  eventType: fromAddress(z.string()),
  search: fromAddress(z.string()),
});

export const Route = createFileRoute('/_app/webhooks/')({
  validateSearch: search,
  component: WebhooksPage,
});
