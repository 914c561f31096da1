import { Text } from '@mantine/core';
import { Ban, CircleCheck, TimerOff } from 'lucide-react';
import { Badge } from '../../../components/badge.js';
import type { Column } from '../../../components/data-table.js';
import { Mono } from '../../../components/mono.js';
import { Time } from '../../../components/time.js';
import type { components } from '../../../generated/api.js';
import { ROLE_LABELS } from '../../../components/roles.js';
import { useNow } from '../../../search/use-now.js';
import { RevokeLinkButton } from './revoke-link-button.js';

export type PortalLink = components['schemas']['ListedPortalLink'];

const REFRESH_MS = 15_000;

export function portalLinkColumns({ canRevoke }: { canRevoke: boolean }): Column<PortalLink>[] {
  const columns: Column<PortalLink>[] = [
    { label: 'ID', width: 'minmax(0, 1.6fr)', cell: ({ id }) => <Mono>{id}</Mono> },
    { label: 'Status', width: '112px', cell: (link) => <Status link={link} /> },
    { label: 'Access', cell: (link) => <LinkAccess link={link} /> },
    { label: 'Created', width: '112px', cell: ({ createdAt }) => <Time at={createdAt} relative /> },
    {
      label: 'Expires',
      width: '112px',
      cell: ({ revokedAt, expiresAt }) => <Time at={revokedAt ?? expiresAt} relative />,
    },
  ];
  if (canRevoke)
    columns.push({
      label: 'Actions',
      width: '96px',
      align: 'end',
      cell: (link) => <RevokeLinkButton link={link} />,
    });
  return columns;
}

function Status({ link }: { link: PortalLink }) {
  const now = useNow(REFRESH_MS);
  if (link.revokedAt !== null) return <Badge tone="calm" icon={Ban} label="Revoked" />;
  return isValid(link, now) ? (
    <Badge tone="good" icon={CircleCheck} label="Valid" />
  ) : (
    <Badge tone="calm" icon={TimerOff} label="Expired" />
  );
}

/** Returns whether a link can still be used. */
export const isValid = ({ revokedAt, expiresAt }: PortalLink, nowMs: number): boolean =>
  revokedAt === null && nowMs < Date.parse(expiresAt);

function LinkAccess({ link: { role, features } }: { link: PortalLink }) {
  const excluded = Object.entries(features).flatMap(([name, isGranted]) => (isGranted ? [] : [name]));
  return (
    <>
      {ROLE_LABELS[role]}
      {excluded.length > 0 && (
        <Text size="xs" c="dimmed" truncate>
          Without {excluded.join(', ')}
        </Text>
      )}
    </>
  );
}
