import { Modal } from '@mantine/core';
import { api } from '../../api/api.js';
import { PortalLinkForm } from './portal-link-form.js';
import { PortalLinkResult } from './portal-link-result.js';
import type { Tenant } from './tenant.js';

interface PortalLinkModalProps {
  /** Null: closed. */
  tenant: Tenant | null;
  onClose: () => void;
}

/** Makes a link by which a tenant looks after their own webhooks. */
export function PortalLinkModal({ tenant, onClose }: PortalLinkModalProps) {
  const create = api.useMutation('post', '/v1/portal-links', { meta: { failureShown: true } });
  return (
    <Modal
      opened={tenant !== null}
      onClose={() => {
        create.reset();
        onClose();
      }}
      title={`Portal link for ${tenant?.name ?? ''}`}
      closeOnClickOutside={false}
    >
      {create.data ? (
        <PortalLinkResult link={create.data} />
      ) : (
        <PortalLinkForm
          onSubmit={(wishes) => tenant && create.mutate({ body: { tenantId: tenant.id, ...wishes } })}
          onCancel={onClose}
          pending={create.isPending}
          error={create.error}
        />
      )}
    </Modal>
  );
}
