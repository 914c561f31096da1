import { TenantSettingsModal } from '../tenant-settings-modal.js';
import type { TenantDetails } from '../tenant.js';
import { DeleteTenantModal } from './delete-tenant-modal.js';
import { ReactivateTenantModal } from './reactivate-tenant-modal.js';
import { RestoreTenantModal } from './restore-tenant-modal.js';
import { SuspendTenantModal } from './suspend-tenant-modal.js';

export type TenantDialog = 'edit' | 'suspend' | 'reactivate' | 'delete' | 'restore';

export interface TenantDialogProps {
  tenant: TenantDetails;
  opened: boolean;
  onClose: () => void;
}

interface TenantDialogsProps {
  tenant: TenantDetails;
  /** The open dialog. */
  dialog: TenantDialog | null;
  onClose: () => void;
}

/** The dialogs of the actions on a tenant. */
export default function TenantDialogs({ tenant, dialog, onClose }: TenantDialogsProps) {
  const propsOf = (name: TenantDialog) => ({ tenant, opened: dialog === name, onClose });
  return (
    <>
      <TenantSettingsModal tenant={dialog === 'edit' ? tenant : null} onClose={onClose} />
      <SuspendTenantModal {...propsOf('suspend')} />
      <ReactivateTenantModal {...propsOf('reactivate')} />
      <DeleteTenantModal {...propsOf('delete')} />
      <RestoreTenantModal {...propsOf('restore')} />
    </>
  );
}
