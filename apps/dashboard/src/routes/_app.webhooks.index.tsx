import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { WebhooksPage } from '../pages/webhooks/webhooks-page.js';
import { optionalParam } from '../access/optional-param.js';

const search = z.object({
  status: optionalParam(z.enum(['pending_validation', 'active', 'suspended'])),
  delivery: optionalParam(z.enum(['push', 'pull'])),
  health: optionalParam(z.enum(['failing', 'throttled', 'healthy'])),
  slow: optionalParam(z.enum(['true', 'false'])),
  suspendedBy: optionalParam(z.enum(['system', 'operator', 'tenant'])),
  sort: optionalParam(z.enum(['health', 'status', 'latency', 'failureRate', 'backlog', 'lastAttempt'])),
  eventType: optionalParam(z.string()),
  search: optionalParam(z.string()),
  /** Separated by commas. */
  tag: optionalParam(z.string()),
});

export const Route = createFileRoute('/_app/webhooks/')({
  validateSearch: search,
  component: WebhooksPage,
});
