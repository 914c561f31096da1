import { useSeesAllTenants } from '../../api/session.js';
import type { PublishedEvent } from '../../api/types.js';
import { Facts } from '../../pieces/facts.js';
import { Mono } from '../../pieces/mono.js';
import { Panel } from '../../pieces/panel.js';
import { TenantName } from '../../pieces/tenant-name.js';
import { TextLink } from '../../pieces/text-link.js';
import { Time } from '../../pieces/time.js';

export function EventFacts({
  event: { id, type, tenantId, timestamp, publishedAt },
}: {
  event: PublishedEvent;
}) {
  const seesAllTenants = useSeesAllTenants();
  return (
    <Panel title="Event">
      <Facts
        facts={{
          Id: <Mono copy="id">{id}</Mono>,
          Type: (
            <TextLink to="/events" search={{ eventType: type }}>
              <Mono>{type}</Mono>
            </TextLink>
          ),
          Tenant: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
          Happened: <Time at={timestamp} />,
          Published: <Time at={publishedAt} />,
        }}
      />
    </Panel>
  );
}
