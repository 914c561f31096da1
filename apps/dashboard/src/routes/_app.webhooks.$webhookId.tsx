import { createFileRoute } from '@tanstack/react-router';
import { WebhookPage } from '../pages/webhooks/webhook-page.js';

export const Route = createFileRoute('/_app/webhooks/$webhookId')({ component: WebhookPage });
