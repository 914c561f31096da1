import { useSession } from '../api/session.js';
import { DetailList } from '../components/detail-list.js';
import { Mono } from '../components/mono.js';
import { TenantName } from '../components/tenant-name.js';
import { ROLE_LABELS } from '../components/roles.js';

/** How many tenants are named. */
const MAX_NAMED = 10;

/** Shows what the key or person that has signed in may do. */
export default function AccountDetails() {
  const { kind, name, email, prefix, role } = useSession().holder;
  return (
    <DetailList
      details={{
        [kind === 'person' ? 'Name' : 'API key']: name === '' || name === email ? undefined : name,
        Email: email ?? undefined,
        Prefix: prefix === null ? undefined : <Mono>{`${prefix}…`}</Mono>,
        Role: role === null ? 'Own permissions' : ROLE_LABELS[role],
        Tenants: <Tenants />,
      }}
    />
  );
}

function Tenants() {
  const {
    tenants,
    holder: { tenantId },
  } = useSession();
  if (tenants === null) return tenantId === null ? 'All tenants' : <TenantName id={tenantId} />;
  const named = tenants.slice(0, MAX_NAMED).map(({ name }) => name);
  const others = tenants.length - named.length;
  return `${named.join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}
