import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { CHANGED_PATHS } from './changed-paths.js';
import type { TenantDialogProps } from './tenant-dialogs.js';

export function DeleteTenantModal({ tenant: { id, name }, ...modal }: TenantDialogProps) {
  const remove = api.useMutation('delete', '/v1/tenants/{id}', {
    meta: { failureShown: true, success: 'Tenant deleted', invalidates: CHANGED_PATHS },
  });
  return (
    <ConfirmModal
      {...modal}
      title={`Delete ${name}?`}
      confirmLabel="Delete tenant"
      danger
      name={name}
      onConfirm={(options) => remove.mutate({ params: { path: { id } } }, options)}
      mutation={remove}
    >
      Delivery to its webhooks stops now, and its API keys and portal links stop working. You can restore the
      tenant until its data is purged; this page then says how long.
    </ConfirmModal>
  );
}
