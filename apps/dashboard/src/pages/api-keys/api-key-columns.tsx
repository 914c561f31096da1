import { Text } from '@mantine/core';
import { Ban, CircleCheck, TimerOff } from 'lucide-react';
import { Fragment } from 'react';
import { Badge } from '../../components/badge.js';
import type { Column } from '../../components/data-table.js';
import { Mono } from '../../components/mono.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { useNow } from '../../search/use-now.js';
import { ApiKeyMenu } from './api-key-menu.js';
import { formatScopes, apiKeyStatus, type ApiKey } from './api-key.js';
import { ROLE_LABELS } from '../../components/roles.js';

interface ApiKeyColumns {
  withTenant: boolean;
  /** Whether keys can be rotated and revoked. */
  canManage: boolean;
}

export function apiKeyColumns({ withTenant, canManage }: ApiKeyColumns): Column<ApiKey>[] {
  const columns: Column<ApiKey>[] = [
    {
      label: 'Name',
      width: 'minmax(0, 1.4fr)',
      cell: (key) => <Name apiKey={key} withTenant={withTenant} />,
    },
    { label: 'Status', width: '112px', cell: (key) => <Status apiKey={key} /> },
    {
      label: 'Access',
      width: 'minmax(0, 1.6fr)',
      cell: (key) => <ApiKeyAccess apiKey={key} />,
    },
    { label: 'Expires', width: '112px', cell: (key) => <Expiry apiKey={key} /> },
    {
      label: 'Last used',
      width: '112px',
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'Never' : <Time at={lastUsedAt} relative />),
    },
    { label: 'Created', width: '112px', cell: ({ createdAt }) => <Time at={createdAt} relative /> },
  ];
  if (canManage)
    columns.push({
      label: 'Actions',
      width: '64px',
      align: 'end',
      cell: (key) => <ApiKeyMenu apiKey={key} />,
    });
  return columns;
}

function ApiKeyAccess({ apiKey: { role, scopes, webhookId } }: { apiKey: ApiKey }) {
  if (role !== null) return <>{ROLE_LABELS[role]}</>;
  if (webhookId === null) return <>{formatScopes(scopes)}</>;
  return (
    <TextLink to="/webhooks/$webhookId/settings" params={{ webhookId }} size="sm">
      Feed of one webhook
    </TextLink>
  );
}

function Name({ apiKey, withTenant }: { apiKey: ApiKey; withTenant: boolean }) {
  const { name, prefix } = apiKey;
  return (
    <>
      <Text size="sm" fw={500}>
        {name || 'Unnamed key'}
      </Text>
      <Text size="xs" c="dimmed">
        <Mono>{`${prefix}…`}</Mono>
        {withTenant && (
          <>
            {' · '}
            <TenantsOfKey apiKey={apiKey} />
          </>
        )}
      </Text>
    </>
  );
}

function TenantsOfKey({ apiKey: { tenantId, tenantIds } }: { apiKey: ApiKey }) {
  if (tenantId !== null) return <TenantName id={tenantId} />;
  if (tenantIds === null) return <>All tenants</>;
  return tenantIds.map((id, index) => (
    <Fragment key={id}>
      {index > 0 && ', '}
      <TenantName id={id} />
    </Fragment>
  ));
}

function Status({ apiKey }: { apiKey: ApiKey }) {
  const now = useNow(60_000);
  switch (apiKeyStatus(apiKey, now)) {
    case 'active':
      return <Badge tone="good" icon={CircleCheck} label="Active" />;
    case 'expired':
      return <Badge tone="calm" icon={TimerOff} label="Expired" />;
    case 'revoked':
      return <Badge tone="calm" icon={Ban} label="Revoked" />;
  }
}

function Expiry({ apiKey: { revokedAt, expiresAt } }: { apiKey: ApiKey }) {
  const at = revokedAt ?? expiresAt;
  return at === null ? <>Never</> : <Time at={at} relative />;
}
