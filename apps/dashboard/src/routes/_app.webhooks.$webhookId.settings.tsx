import { createFileRoute } from '@tanstack/react-router';
import { WebhookSettingsPage } from '../pages/webhooks/settings/webhook-settings-page.js';

export const Route = createFileRoute('/_app/webhooks/$webhookId/settings')({
  component: WebhookSettingsPage,
});
