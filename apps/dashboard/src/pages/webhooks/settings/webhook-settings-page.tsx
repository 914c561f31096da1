import { useState } from 'react';
import { useCan } from '../../../api/session.js';
import { useWebhook } from '../use-webhook.js';
import { SettingsFacts } from './settings-facts.js';
import { SettingsForm } from './settings-form.js';

/** The tab Settings: to be changed, or to be read by those who may not. */
export function WebhookSettingsPage() {
  const webhook = useWebhook();
  const mayChange = useCan('webhooks:write');
  // Anew once it is saved, but not when it changes elsewhere while somebody types.
  const [version, setVersion] = useState(0);
  if (!mayChange) return <SettingsFacts webhook={webhook} />;
  return <SettingsForm key={version} webhook={webhook} onSaved={() => setVersion(version + 1)} />;
}
