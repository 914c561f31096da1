import { lazy, Suspense } from 'react';
import { useAllows, useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { useWebhook } from '../use-webhook.js';
import { SettingsDetails } from './settings-details.js';
import { SettingsForm } from './settings-form.js';
import { SigningSecrets } from '../secrets/signing-secrets.js';

const FeedPanel = lazy(() => import('../feed/feed-panel.js'));
const SigningKeys = lazy(() => import('../secrets/signing-keys.js'));

const isSequenced = ({ delivery, ordering, sequence }: Webhook): boolean =>
  delivery === 'pull' || sequence || ordering !== 'none';

/** The Settings tab: a form, or a read-only view for keys without write access, and the signing secrets and the feed. */
export function WebhookSettingsPage() {
  const webhook = useWebhook();
  const canEdit = useCan('webhooks:write', 'edit');
  const canChange = useCan('webhooks:write');
  const seesSecrets = useAllows('secrets');
  return (
    <>
      {canEdit ? <SettingsForm webhook={webhook} /> : <SettingsDetails webhook={webhook} />}
      {seesSecrets && <SigningSecrets webhook={webhook} canChange={canChange} />}
      {seesSecrets && (
        <Suspense fallback={null}>
          <SigningKeys webhookId={webhook.id} canChange={canChange} />
          {isSequenced(webhook) && <FeedPanel webhookId={webhook.id} canChange={canChange} />}
        </Suspense>
      )}
    </>
  );
}
