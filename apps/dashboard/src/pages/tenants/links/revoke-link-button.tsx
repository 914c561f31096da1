import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { api } from '../../../api/api.js';
import { ConfirmModal } from '../../../components/confirm-modal.js';
import { useNow } from '../../../search/use-now.js';
import { isValid, type PortalLink } from './portal-link-columns.js';

/** Revokes a valid link. */
export function RevokeLinkButton({ link }: { link: PortalLink }) {
  const { id } = link;
  const now = useNow(15_000);
  const [isOpen, { open, close }] = useDisclosure();
  const revoke = api.useMutation('delete', '/v1/portal-links/{id}', {
    meta: {
      success: 'Portal link revoked',
      failureShown: true,
      invalidates: ['/v1/portal-links', '/v1/tenants/{id}', '/v1/audit-entries'],
    },
  });
  if (!isValid(link, now)) return null;
  return (
    <>
      <Button size="xs" variant="default" onClick={open} aria-label={`Revoke portal link ${id}`}>
        Revoke
      </Button>
      <ConfirmModal
        opened={isOpen}
        onClose={close}
        title="Revoke this portal link?"
        confirmLabel="Revoke link"
        danger
        onConfirm={(options) => revoke.mutate({ params: { path: { id } } }, options)}
        mutation={revoke}
      >
        Its portal stops working immediately, also where it is open. Your application can create another link.
      </ConfirmModal>
    </>
  );
}
