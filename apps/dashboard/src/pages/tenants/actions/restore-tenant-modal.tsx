import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { CHANGED_PATHS } from './changed-paths.js';
import type { TenantDialogProps } from './tenant-dialogs.js';

export function RestoreTenantModal({ tenant: { id, name }, ...modal }: TenantDialogProps) {
  const restore = api.useMutation('post', '/v1/tenants/{id}/restore', {
    meta: { failureShown: true, success: 'Tenant restored', invalidates: CHANGED_PATHS },
  });
  return (
    <ConfirmModal
      {...modal}
      title={`Restore ${name}?`}
      confirmLabel="Restore tenant"
      onConfirm={(options) => restore.mutate({ params: { path: { id } }, body: {} }, options)}
      mutation={restore}
    >
      Its API keys and portal links work again, and its active webhooks receive events published from now on.
      Nothing from before is sent.
    </ConfirmModal>
  );
}
