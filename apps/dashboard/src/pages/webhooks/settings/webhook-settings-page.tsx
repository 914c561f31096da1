import { lazy, Suspense } from 'react';
import { useAllows, useCan } from '../../../api/session.js';
import { useWebhook } from '../use-webhook.js';
import { SettingsDetails } from './settings-details.js';
import { SettingsForm } from './settings-form.js';
import { SigningSecrets } from '../secrets/signing-secrets.js';

const SigningKeys = lazy(() => import('../secrets/signing-keys.js'));

/** The Settings tab: a form, or a read-only view for keys without write access, and the signing secrets. */
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
        </Suspense>
      )}
    </>
  );
}
