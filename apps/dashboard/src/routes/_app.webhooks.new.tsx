import { createFileRoute } from '@tanstack/react-router';
import { NewWebhookPage } from '../pages/webhooks/new-webhook-page.js';

export const Route = createFileRoute('/_app/webhooks/new')({ component: NewWebhookPage });
