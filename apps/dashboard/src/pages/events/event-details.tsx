import { useSeesAllTenants } from '../../api/session.js';
import type { ListedEvent } from '../../api/types.js';
import { DetailList } from '../../components/detail-list.js';
import { Mono } from '../../components/mono.js';
import { Panel } from '../../components/panel.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { outcomeText } from './event-outcome.js';
import { SearchValues } from './search-values.js';
import { t } from '../../i18n/t.js';

export function EventDetails({
  event: { id, type, tenantId, occurredAt, publishedAt, deliveries, searchValues },
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
          [t('Deliveries')]: deliveries && outcomeText(deliveries),
          [t('Search values')]: searchValues.length > 0 ? <SearchValues values={searchValues} /> : undefined,
          [t('Occurred')]: <Time at={occurredAt} />,
          [t('Published')]: <Time at={publishedAt} />,
        }}
      />
    </Panel>
  );
}
