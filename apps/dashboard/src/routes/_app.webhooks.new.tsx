import { createFileRoute } from '@tanstack/react-router';
import * as z from 'zod/mini';
import { NewWebhookPage } from '../pages/webhooks/new-webhook-page.js';
import { optionalParam } from '../access/optional-param.js';

export const Route = createFileRoute('/_app/webhooks/new')({
  /** An event type that the webhook subscribes to. */
  validateSearch: z.object({ eventType: optionalParam(z.string()) }),
  component: NewWebhookPage,
});
