import { client } from '../../../api/api.js';
import { ActionButton } from '../../../components/action.js';
import { useNow } from '../../../search/use-now.js';
import { isValid, type PortalLink } from './portal-link-columns.js';

/** Revokes a valid link. */
export function RevokeLinkButton({ link }: { link: PortalLink }) {
  const { id } = link;
  const now = useNow(15_000);
  if (!isValid(link, now)) return null;
  return (
    <ActionButton
      short="Revoke"
      button={{ size: 'xs', 'aria-label': `Revoke portal link ${id}` }}
      title="Revoke this portal link?"
      text="Its portal stops working immediately, also where it is open. Your application can create another link."
      label="Revoke link"
      danger
      run={() => client.DELETE('/v1/portal-links/{id}', { params: { path: { id } } })}
      done="Portal link revoked"
      invalidates={['/v1/portal-links', '/v1/tenants/{id}', '/v1/audit-entries']}
    />
  );
}
