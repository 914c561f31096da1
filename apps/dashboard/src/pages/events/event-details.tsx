import { useSeesAllTenants } from '../../api/session.js';
import type { ListedEvent } from '../../api/types.js';
import { DetailList } from '../../components/detail-list.js';
import { Mono } from '../../components/mono.js';
import { Panel } from '../../components/panel.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';

export function EventDetails({
  event: { id, type, tenantId, timestamp, publishedAt },
}: {
  event: ListedEvent;
}) {
  const seesAllTenants = useSeesAllTenants();
  return (
    <Panel title="Details">
      <DetailList
        details={{
          ID: <Mono copy="event ID">{id}</Mono>,
          Type: (
            <TextLink to="/events" search={{ eventType: type }}>
              <Mono>{type}</Mono>
            </TextLink>
          ),
          Tenant: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
          Occurred: <Time at={timestamp} />,
          Published: <Time at={publishedAt} />,
        }}
      />
    </Panel>
  );
}
