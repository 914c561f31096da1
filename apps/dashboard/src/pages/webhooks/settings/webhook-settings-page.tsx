import { useCan } from '../../../api/session.js';
import { useWebhook } from '../use-webhook.js';
import { SettingsDetails } from './settings-details.js';
import { SettingsForm } from './settings-form.js';

/** The tab Settings: to be changed, or to be read by those who may not. */
export function WebhookSettingsPage() {
  const webhook = useWebhook();
  const mayChange = useCan('webhooks:write');
  return mayChange ? <SettingsForm webhook={webhook} /> : <SettingsDetails webhook={webhook} />;
}
