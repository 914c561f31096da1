import { lazy, Suspense } from 'react';
import { useAllows, useCan, useSeesAllTenants } from '../../../api/session.js';
import { useWebhook } from '../use-webhook.js';
import { SettingsDetails } from './settings-details.js';
import { SettingsForm } from './settings-form.js';
import { SigningSecrets } from '../secrets/signing-secrets.js';

const FeedPanel = lazy(() => import('../feed/feed-panel.js'));
const EgressPanel = lazy(() => import('../../egress/egress-panel.js'));
const WebhookCertificates = lazy(() => import('./webhook-certificates.js'));
const SigningKeys = lazy(() => import('../secrets/signing-keys.js'));

/** The Settings tab: a form, or a read-only view for keys without write access, and the signing secrets and the feed. */
export function WebhookSettingsPage() {
  const webhook = useWebhook();
  const canEdit = useCan('webhooks:write', 'edit');
  const canChange = useCan('webhooks:write');
  const seesSecrets = useAllows('secrets');
  const isOperator = useSeesAllTenants();
  const readsEgress = useCan('admin:read');
  return (
    <>
      {canEdit ? <SettingsForm webhook={webhook} /> : <SettingsDetails webhook={webhook} />}
      {webhook.delivery === 'push' && (
        <Suspense fallback={null}>
          <WebhookCertificates webhook={webhook} canEdit={canEdit} />
        </Suspense>
      )}
      {seesSecrets && <SigningSecrets webhook={webhook} canChange={canChange} />}
      {seesSecrets && (
        <Suspense fallback={null}>
          <SigningKeys webhookId={webhook.id} canChange={canChange} />
          {webhook.numbered && <FeedPanel webhookId={webhook.id} canChange={canChange} />}
        </Suspense>
      )}
      {isOperator && readsEgress && webhook.delivery === 'push' && (
        <Suspense fallback={null}>
          <EgressPanel target={{ kind: 'webhook', id: webhook.id }} />
        </Suspense>
      )}
    </>
  );
}
