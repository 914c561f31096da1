import { Drawer, Stack, Title } from '@mantine/core';
import { DetailList } from '../../components/detail-list.js';
import { Mono } from '../../components/mono.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { actionLabel, type AuditEntry } from './audit-entry.js';
import { AuditTarget } from './audit-target.js';
import { ChangesView } from './changes-view.js';

interface AuditDrawerProps {
  /** Undefined: closed. */
  entry: AuditEntry | undefined;
  onClose: () => void;
}

/** Everything about one entry. */
export function AuditDrawer({ entry, onClose }: AuditDrawerProps) {
  return (
    <Drawer
      opened={entry !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={entry && actionLabel(entry.action)}
      closeButtonProps={{ 'aria-label': 'Close' }}
      // It is a <header>, which would count as another banner of the page.
      attributes={{ header: { role: 'none' } }}
    >
      {entry && <Entry entry={entry} />}
    </Drawer>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { actor, tenantId, createdAt, requestId, clientAddress } = entry;
  const { keyId } = actor;
  return (
    <Stack gap="lg">
      <DetailList
        details={{
          When: <Time at={createdAt} />,
          Who: actor.name,
          Key: keyId === null ? undefined : <Mono copy="id">{keyId}</Mono>,
          Target: <AuditTarget entry={entry} />,
          Tenant: tenantId === null ? 'All tenants' : <TenantName id={tenantId} />,
          Address: clientAddress === null ? undefined : <Mono>{clientAddress}</Mono>,
          Request: requestId === null ? undefined : <Mono copy="request id">{requestId}</Mono>,
          More: (
            <Stack gap={4} align="flex-start">
              <TextLink to="/audit" search={{ target: entry.target }} inherit>
                All of this target
              </TextLink>
              {keyId !== null && (
                <TextLink to="/audit" search={{ actor: keyId }} inherit>
                  All by this key
                </TextLink>
              )}
            </Stack>
          ),
        }}
      />
      <div>
        <Title order={2} size="h3" mb="sm">
          Changes
        </Title>
        <ChangesView entry={entry} />
      </div>
    </Stack>
  );
}
