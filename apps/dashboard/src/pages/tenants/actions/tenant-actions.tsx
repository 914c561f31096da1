import { ActionIcon, Button, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import {
  ChartNoAxesColumn,
  Download,
  EllipsisVertical,
  Pause,
  Pencil,
  Play,
  ScrollText,
  Trash2,
  Undo2,
} from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../../../api/session.js';
import { lazyDialog } from '../../../components/lazy-dialog.js';
import { useNow } from '../../../search/use-now.js';
import { RecoverButton } from '../../recoveries/recover-button.js';
import { DEFAULT_TENANT_ID, isRestorable, type TenantDetails } from '../tenant.js';
import type { TenantDialog } from './tenant-dialogs.js';

const TenantDialogs = lazyDialog(() => import('./tenant-dialogs.js'));

/** The actions that the status of a tenant allows. */
export function TenantActions({ tenant }: { tenant: TenantDetails }) {
  const [dialog, setDialog] = useState<TenantDialog | null>(null);
  return (
    <>
      {tenant.status === 'deleted' ? (
        <RestoreAction tenant={tenant} open={setDialog} />
      ) : (
        <Actions tenant={tenant} open={setDialog} />
      )}
      <TenantDialogs
        tenant={tenant}
        dialog={dialog}
        opened={dialog !== null}
        onClose={() => setDialog(null)}
      />
    </>
  );
}

interface ActionsProps {
  tenant: TenantDetails;
  open: (dialog: TenantDialog) => void;
}

function RestoreAction({ tenant, open }: ActionsProps) {
  const now = useNow(15_000);
  const isAdmin = useCan('admin');
  if (!isAdmin || !isRestorable(tenant, now)) return null;
  return (
    <Button leftSection={<Undo2 size={16} aria-hidden />} onClick={() => open('restore')}>
      Restore tenant
    </Button>
  );
}

function Actions({ tenant, open }: ActionsProps) {
  const { id, name, status } = tenant;
  const isAdmin = useCan('admin');
  return (
    <>
      {status === 'active' && (
        <RecoverButton scope={{ tenantId: id }} title={`Recover all webhooks of ${name}`} since={null} />
      )}
      {isAdmin && <AdminButtons tenant={tenant} open={open} />}
      <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More actions">
            <EllipsisVertical size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<ScrollText size={15} aria-hidden />}
            renderRoot={(props) => <Link to="/audit" search={{ tenant: id }} {...props} />}
          >
            View audit log
          </Menu.Item>
          <Menu.Item
            leftSection={<ChartNoAxesColumn size={15} aria-hidden />}
            renderRoot={(props) => <Link to="/usage" search={{ tenant: id }} {...props} />}
          >
            View usage by day
          </Menu.Item>
          {isAdmin && <AdminItems tenant={tenant} open={open} />}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function AdminButtons({ tenant: { id, status }, open }: ActionsProps) {
  const isBuiltIn = id === DEFAULT_TENANT_ID;
  return (
    <>
      <Button variant="default" leftSection={<Pencil size={16} aria-hidden />} onClick={() => open('edit')}>
        Edit settings
      </Button>
      {status === 'active' && !isBuiltIn && (
        <Button
          variant="default"
          leftSection={<Pause size={16} aria-hidden />}
          onClick={() => open('suspend')}
        >
          Suspend tenant
        </Button>
      )}
      {status === 'suspended' && (
        <Button leftSection={<Play size={16} aria-hidden />} onClick={() => open('reactivate')}>
          Reactivate tenant
        </Button>
      )}
    </>
  );
}

function AdminItems({ tenant: { id, name }, open }: ActionsProps) {
  return (
    <>
      {/* The browser writes the lines to the file as they arrive. */}
      <Menu.Item
        component="a"
        href={`/v1/tenants/${id}/export`}
        download={`${name}.ndjson`}
        leftSection={<Download size={15} aria-hidden />}
      >
        Export as NDJSON
      </Menu.Item>
      {id !== DEFAULT_TENANT_ID && (
        <Menu.Item
          color="var(--bad)"
          leftSection={<Trash2 size={15} aria-hidden />}
          onClick={() => open('delete')}
        >
          Delete tenant
        </Menu.Item>
      )}
    </>
  );
}
