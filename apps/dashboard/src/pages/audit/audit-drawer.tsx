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
  /** Undefined closes the drawer. */
  entry: AuditEntry | undefined;
  onClose: () => void;
}

/** Shows all details of an entry. */
export default function AuditDrawer({ entry, onClose }: AuditDrawerProps) {
  return (
    <Drawer
      opened={entry !== undefined}
      onClose={onClose}
      position="right"
      size="lg"
      title={entry && actionLabel(entry.action)}
      closeButtonProps={{ 'aria-label': 'Close' }}
      // A <header> would count as a second banner landmark.
      attributes={{ header: { role: 'none' } }}
    >
      {entry && <Entry entry={entry} />}
    </Drawer>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { actor, tenantId, createdAt, requestId, clientAddress, number, hash } = entry;
  const { keyId, personId, sessionId, portalLinkId } = actor;
  const actorId = keyId ?? personId;
  return (
    <Stack gap="lg">
      <DetailList
        details={{
          Time: <Time at={createdAt} />,
          Actor: actor.name,
          'Key ID': keyId === null ? undefined : <Mono copy="key ID">{keyId}</Mono>,
          'Person ID': personId === null ? undefined : <Mono copy="person ID">{personId}</Mono>,
          'Session ID': sessionId === null ? undefined : <Mono copy="session ID">{sessionId}</Mono>,
          'Portal link ID':
            portalLinkId === null ? undefined : <Mono copy="portal link ID">{portalLinkId}</Mono>,
          Target: <AuditTarget entry={entry} />,
          Tenant: tenantId === null ? 'All tenants' : <TenantName id={tenantId} />,
          'IP address': clientAddress === null ? undefined : <Mono>{clientAddress}</Mono>,
          'Request ID': requestId === null ? undefined : <Mono copy="request ID">{requestId}</Mono>,
          'Number in the chain': number ?? undefined,
          Hash: hash === null ? undefined : <Mono copy="hash">{hash}</Mono>,
          Related: (
            <Stack gap={4} align="flex-start">
              <TextLink to="/audit" search={{ target: entry.target }} inherit>
                All entries for this target
              </TextLink>
              {actorId !== null && (
                <TextLink to="/audit" search={{ actor: actorId }} inherit>
                  {personId === null ? 'All entries by this key' : 'All entries by this person'}
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
