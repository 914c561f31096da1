import { Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { formatCount } from '../../../components/format-number.js';
import { notifySuccess } from '../../../notify/notify.js';
import { CHANGED_PATHS } from './changed-paths.js';
import type { TenantDialogProps } from './tenant-dialogs.js';

export function SuspendTenantModal({ tenant: { id, name }, ...modal }: TenantDialogProps) {
  const [reason, setReason] = useState('');
  const suspend = api.useMutation('post', '/v1/tenants/{id}/suspend', {
    meta: { failureShown: true, invalidates: CHANGED_PATHS },
    onSuccess({ droppedDeliveries }) {
      setReason('');
      notifySuccess(
        droppedDeliveries === 0
          ? 'Tenant suspended'
          : `Tenant suspended. Pending deliveries dropped: ${formatCount(droppedDeliveries)}.`,
      );
    },
  });
  const trimmed = reason.trim();
  return (
    <ConfirmModal
      {...modal}
      title={`Suspend ${name}?`}
      confirmLabel="Suspend tenant"
      onConfirm={(options) =>
        suspend.mutate(
          { params: { path: { id } }, body: { ...(trimmed !== '' && { reason: trimmed }) } },
          options,
        )
      }
      mutation={suspend}
    >
      <Stack>
        <Text>
          Delivery to all its webhooks stops now, and pending deliveries are dropped. Events published while
          it is suspended are rejected. Each webhook keeps its own state.
        </Text>
        <TextInput
          label="Reason"
          description="Optional. Shown with the tenant, which sees it too, and in the audit log."
          value={reason}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
          maxLength={500}
        />
      </Stack>
    </ConfirmModal>
  );
}
