import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { CHANGED_PATHS } from './changed-paths.js';
import type { TenantDialogProps } from './tenant-dialogs.js';

export function ReactivateTenantModal({ tenant: { id, name }, ...modal }: TenantDialogProps) {
  const reactivate = api.useMutation('post', '/v1/tenants/{id}/reactivate', {
    meta: { failureShown: true, success: 'Tenant reactivated', invalidates: CHANGED_PATHS },
  });
  return (
    <ConfirmModal
      {...modal}
      title={`Reactivate ${name}?`}
      confirmLabel="Reactivate tenant"
      onConfirm={(options) => reactivate.mutate({ params: { path: { id } }, body: {} }, options)}
      mutation={reactivate}
    >
      Its active webhooks receive events published from now on. Nothing from before is sent. You can retry the
      deliveries that the suspension dropped individually, or with a replay or a recovery.
    </ConfirmModal>
  );
}
