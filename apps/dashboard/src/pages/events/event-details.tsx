import { useSeesAllTenants } from '../../api/session.js';
import type { ListedEvent, PublishedEvent } from '../../api/types.js';
import { DetailList } from '../../components/detail-list.js';
import { Mono } from '../../components/mono.js';
import { Panel } from '../../components/panel.js';
import { TenantName } from '../../components/tenant-name.js';
import { TextLink } from '../../components/text-link.js';
import { Time } from '../../components/time.js';
import { outcomeText } from '../../components/event-outcome.js';
import { SearchValues } from '../../components/search-values.js';
import { t } from '../../i18n/t.js';

type RetentionEnd = Pick<PublishedEvent, 'payloadUntil' | 'payloadUntilSettled' | 'historyUntil'>;

export function EventDetails({
  event: { id, type, tenantId, occurredAt, publishedAt, deliveries, searchValues },
  retentionEnd,
}: {
  event: ListedEvent;
  retentionEnd: RetentionEnd;
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
          [t('Payload until')]: payloadEndText(retentionEnd),
          [t('History until')]: historyEnd(retentionEnd),
        }}
      />
    </Panel>
  );
}

/** Returns when the deliveries expire, if that is before the event. */
function historyEnd({ historyUntil }: RetentionEnd) {
  return historyUntil === null ? undefined : <Time at={historyUntil} />;
}

/** Returns when a payload expires, if that is before its event. */
function payloadEndText({ payloadUntil, payloadUntilSettled }: RetentionEnd) {
  if (payloadUntilSettled) return t('All deliveries are settled');
  return payloadUntil === null ? undefined : <Time at={payloadUntil} />;
}
