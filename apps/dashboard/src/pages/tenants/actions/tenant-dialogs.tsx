import { client } from '../../../api/api.js';
import { ActionModal, type Action } from '../../../components/action.js';
import { formatCount } from '../../../components/format-number.js';
import { notifySuccess } from '../../../notify/notify.js';
import { TenantSettingsModal } from '../tenant-settings-modal.js';
import type { TenantDetails } from '../tenant.js';

const CONFIRMED = ['suspend', 'reactivate', 'delete', 'restore'] as const;

export type TenantDialog = 'edit' | (typeof CONFIRMED)[number];

interface TenantDialogsProps {
  tenant: TenantDetails;
  /** The open dialog. */
  dialog: TenantDialog | null;
  opened: boolean;
  onClose: () => void;
}

/** The dialogs of the actions on a tenant. */
export default function TenantDialogs({ tenant, dialog, onClose }: TenantDialogsProps) {
  const actions = actionsOf(tenant);
  return (
    <>
      <TenantSettingsModal tenant={dialog === 'edit' ? tenant : null} onClose={onClose} />
      {CONFIRMED.map((kind) => (
        <ActionModal
          key={kind}
          {...actions[kind]}
          invalidates={CHANGED_PATHS}
          opened={dialog === kind}
          onClose={onClose}
        />
      ))}
    </>
  );
}

const CHANGED_PATHS = [
  '/v1/tenants',
  '/v1/tenants/{id}',
  '/v1/webhooks',
  '/v1/overview',
  '/v1/audit-entries',
] as const;

function actionsOf({ id, name }: TenantDetails): Record<(typeof CONFIRMED)[number], Action> {
  const params = { path: { id } };
  return {
    suspend: {
      title: `Suspend ${name}?`,
      text: 'Delivery to all its webhooks stops now, and pending deliveries are dropped. Events published while it is suspended are rejected. Each webhook keeps its own state.',
      fields: {
        reason: {
          label: 'Reason',
          description: 'Optional. Shown with the tenant, which sees it too, and in the audit log.',
          maxLength: 500,
        },
      },
      label: 'Suspend tenant',
      run: (body) => client.POST('/v1/tenants/{id}/suspend', { params, body }),
      onDone: ({ droppedDeliveries: dropped }: { droppedDeliveries: number }) =>
        notifySuccess(
          dropped === 0
            ? 'Tenant suspended'
            : `Tenant suspended. Pending deliveries dropped: ${formatCount(dropped)}.`,
        ),
    },
    reactivate: {
      title: `Reactivate ${name}?`,
      text: 'Its active webhooks receive events published from now on. Nothing from before is sent. You can retry the deliveries that the suspension dropped individually, or with a replay or a recovery.',
      label: 'Reactivate tenant',
      run: () => client.POST('/v1/tenants/{id}/reactivate', { params, body: {} }),
      done: 'Tenant reactivated',
    },
    delete: {
      title: `Delete ${name}?`,
      text: 'Delivery to its webhooks stops now, and its API keys and portal links stop working. You can restore the tenant until its data is purged; this page then says how long.',
      label: 'Delete tenant',
      danger: true,
      name,
      run: () => client.DELETE('/v1/tenants/{id}', { params }),
      done: 'Tenant deleted',
    },
    restore: {
      title: `Restore ${name}?`,
      text: 'Its API keys and portal links work again, and its active webhooks receive events published from now on. Nothing from before is sent.',
      label: 'Restore tenant',
      run: () => client.POST('/v1/tenants/{id}/restore', { params, body: {} }),
      done: 'Tenant restored',
    },
  };
}
