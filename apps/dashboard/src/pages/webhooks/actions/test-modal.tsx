import { Modal, Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { WebhookDialogProps } from './webhook-dialog.js';
import { t } from '../../../i18n/t.js';

// Loaded on demand.
const TestForm = lazy(() => import('./test-form.js'));

/** Sends a signed test event and shows the request and the response. */
export function TestModal({ webhook, opened, onClose }: WebhookDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('Send test event')} size="lg">
      <Suspense fallback={<Skeleton height={160} />}>
        <TestForm webhook={webhook} />
      </Suspense>
    </Modal>
  );
}
