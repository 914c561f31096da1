import { createFileRoute } from '@tanstack/react-router';
import { z } from 'zod';
import { WebhooksPage } from '../pages/webhooks/webhooks-page.js';

const search = z.object({
  status: z.enum(['pending_validation', 'active', 'suspended']).optional().catch(undefined),
  eventType: z.string().optional().catch(undefined),
  search: z.string().optional().catch(undefined),
});

export const Route = createFileRoute('/_app/webhooks/')({
  validateSearch: search,
  component: WebhooksPage,
});
