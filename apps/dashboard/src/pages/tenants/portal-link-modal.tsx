import { Modal, Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { api } from '../../api/api.js';
import { PortalLinkResult } from './portal-link-result.js';
import type { Tenant } from './tenant.js';

// Loaded on demand.
const PortalLinkForm = lazy(() => import('./portal-link-form.js'));

const FORM_HEIGHT = 560;

interface PortalLinkModalProps {
  /** Null closes the modal. */
  tenant: Tenant | null;
  onClose: () => void;
}

/** Creates a link that gives a tenant access to its portal. */
export function PortalLinkModal({ tenant, onClose }: PortalLinkModalProps) {
  const create = api.useMutation('post', '/v1/portal-links', { meta: { failureShown: true } });
  const parentOrigins = create.variables?.body.parentOrigins ?? [];
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
        <PortalLinkResult link={create.data} isEmbeddable={parentOrigins.length > 0} />
      ) : (
        <Suspense fallback={<Skeleton height={FORM_HEIGHT} />}>
          <PortalLinkForm
            onSubmit={(options) => tenant && create.mutate({ body: { tenantId: tenant.id, ...options } })}
            onCancel={onClose}
            pending={create.isPending}
            error={create.error}
          />
        </Suspense>
      )}
    </Modal>
  );
}
