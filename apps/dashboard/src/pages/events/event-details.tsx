import { useSeesAllTenants } from '../../api/session.js';
import type { ListedEvent } from '../../api/types.js';
import { DetailList } from '../../components/detail-list.js';
import { Mono } from '../../components/mono.js';
import { Panel } from '../../components/panel.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { t } from '../../i18n/t.js';

export function EventDetails({
  event: { id, type, tenantId, occurredAt, publishedAt },
}: {
  event: ListedEvent;
}) {
  const seesAllTenants = useSeesAllTenants();
  return (
    <Panel title={t('Details')}>
      <DetailList
        details={{
          [t('ID')]: <Mono copy={t('event ID')}>{id}</Mono>,
          [t('Type')]: (
            <TextLink to="/events" search={{ eventType: type }}>
              <Mono>{type}</Mono>
            </TextLink>
          ),
          [t('Tenant')]: seesAllTenants ? <TenantName id={tenantId} /> : undefined,
          [t('Occurred')]: <Time at={occurredAt} />,
          [t('Published')]: <Time at={publishedAt} />,
        }}
      />
    </Panel>
  );
}
