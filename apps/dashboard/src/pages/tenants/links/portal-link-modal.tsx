import { Modal, Skeleton } from '@mantine/core';
import { lazy, Suspense } from 'react';
import type { Tenant } from '../tenant.js';

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
  return (
    <Modal
      opened={tenant !== null}
      onClose={onClose}
      title={`Portal link for ${tenant?.name ?? ''}`}
      closeOnClickOutside={false}
    >
      <Suspense fallback={<Skeleton height={FORM_HEIGHT} />}>
        {tenant && <PortalLinkForm tenantId={tenant.id} onClose={onClose} />}
      </Suspense>
    </Modal>
  );
}
