import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { Pencil, Trash2 } from 'lucide-react';
import { api } from '../../api/api.js';
import { useCan } from '../../api/session.js';
import { LinkButton } from '../../components/link-button.js';
import { JsonView } from '../../components/json-view.js';
import { Mono } from '../../components/mono.js';
import { Page } from '../../components/page.js';
import { Panel } from '../../components/panel.js';
import { ProblemAlert } from '../../components/problem-alert.js';
import { lazyDialog } from '../../components/lazy-dialog.js';
import { TextLink } from '../../components/text-link.js';
import { schemaFields } from './schema-fields.js';
import { SchemaTree } from './schema-tree.js';
import { SubscribedWebhooks } from './subscribed-webhooks.js';
import type { EventType } from './use-event-types.js';
import { useCanEditEventTypes } from './use-can-edit-event-types.js';
import { t } from '../../i18n/t.js';

const EventTypeModal = lazyDialog(() => import('./event-type-modal.js'));
const DeleteEventTypeModal = lazyDialog(() => import('./delete-event-type-modal.js'));

const route = getRouteApi('/_app/event-types/$name');

export function EventTypePage() {
  const { name } = route.useParams();
  const { data, error, refetch, isFetching } = api.useQuery('get', '/v1/event-types/{name}', {
    params: { path: { name } },
  });
  const canEdit = useCanEditEventTypes();
  const seesWebhooks = useCan('webhooks:read');
  const canSubscribe = useCan('webhooks:write', 'create');
  return (
    <Page
      title={name}
      above={<TextLink to="/event-types">{t('Event types')}</TextLink>}
      description={data && [data.group, data.description].filter(Boolean).join(' · ')}
      actions={
        data && (
          <>
            {canSubscribe && (
              <LinkButton to="/webhooks/new" search={{ eventType: name }}>
                {t('Subscribe a webhook')}
              </LinkButton>
            )}
            {canEdit && <Actions eventType={data} />}
          </>
        )
      }
    >
      {error && <ProblemAlert error={error} onRetry={refetch} retrying={isFetching} />}
      {data && <Data eventType={data} />}
      {!data && !error && <Skeleton height={240} />}
      {data && seesWebhooks && <SubscribedWebhooks eventType={name} />}
    </Page>
  );
}

function Data({ eventType }: { eventType: EventType }) {
  const { schema, example, searchKeys, orderingPointer, redact, retention } = eventType;
  const fields = schemaFields(schema);
  return (
    <>
      <Panel title={t('Schema')} description={t('Events that violate the schema are rejected')}>
        {schema === null ? (
          <Text c="dimmed">{t('No schema. Any data is accepted.')}</Text>
        ) : (
          <Stack>
            {fields.length > 0 && <SchemaTree fields={fields} />}
            <JsonView label={t('Schema')} value={schema} />
          </Stack>
        )}
      </Panel>
      <Panel title={t('Example')} description={t('Sent with test events')}>
        {example === null ? (
          <Text c="dimmed">{t('No example. Test events have empty data.')}</Text>
        ) : (
          <JsonView label={t('Example')} value={example} />
        )}
      </Panel>
      <Panel
        title={t('Search keys')}
        description={t('Events can be found by the values at these paths in the data')}
      >
        {searchKeys.length === 0 ? (
          <Text c="dimmed">{t('No search keys. Events can be found only by ID and idempotency key.')}</Text>
        ) : (
          <Group gap="sm">
            {searchKeys.map((key) => (
              <Mono key={key}>{key}</Mono>
            ))}
          </Group>
        )}
      </Panel>
      <Panel
        title={t('Ordering pointer')}
        description={t('Events without an ordering key get the value at this path in the data')}
      >
        {orderingPointer === null ? (
          <Text c="dimmed">
            {t('No ordering pointer. Events get their ordering key when they are published.')}
          </Text>
        ) : (
          <Mono>{orderingPointer}</Mono>
        )}
      </Panel>
      <Panel
        title={t('Redacted values')}
        description={t(
          'The values at these paths in the data are shown only with the permission to see them',
        )}
      >
        {redact.length === 0 ? (
          <Text c="dimmed">{t('No redacted values. All data of an event is shown with the event.')}</Text>
        ) : (
          <Group gap="sm">
            {redact.map((pointer) => (
              <Mono key={pointer}>{pointer}</Mono>
            ))}
          </Group>
        )}
      </Panel>
      {retention.payloadDays !== null && (
        <Panel title={t('Payload retention')}>
          <Text>{retentionText(retention.payloadDays)}</Text>
        </Panel>
      )}
      {retention.historyDays !== null && (
        <Panel title={t('History retention')}>
          <Text>
            {t('Deliveries and attempts are kept for {{count}} days.', { count: retention.historyDays })}
          </Text>
        </Panel>
      )}
    </>
  );
}

const retentionText = (days: number): string =>
  days === 0
    ? t('Payloads are kept until all deliveries are settled.')
    : t('Payloads are kept for {{count}} days.', { count: days });

function Actions({ eventType }: { eventType: EventType }) {
  const [isEditing, edit] = useDisclosure();
  const [isDeleting, remove] = useDisclosure();
  return (
    <>
      <Button variant="default" leftSection={<Pencil size={15} aria-hidden />} onClick={edit.open}>
        {t('Edit')}
      </Button>
      <Button variant="default" leftSection={<Trash2 size={15} aria-hidden />} onClick={remove.open}>
        {t('Delete')}
      </Button>
      <EventTypeModal eventType={eventType} opened={isEditing} onClose={edit.close} />
      <DeleteEventTypeModal name={eventType.name} opened={isDeleting} onClose={remove.close} />
    </>
  );
}
