import { Group } from '@mantine/core';
import { Braces, FileJson } from 'lucide-react';
import { Badge } from '../../components/badge.js';
import { LinkList, LinkListItem } from '../../components/link-list.js';
import { Panel } from '../../components/panel.js';
import { RowLink } from '../../components/row-link.js';
import type { EventType } from './use-event-types.js';
import { t } from '../../i18n/t.js';

interface EventTypeGroupProps {
  group: string;
  types: readonly EventType[];
}

export function EventTypeGroup({ group, types }: EventTypeGroupProps) {
  return (
    <Panel title={group} flush>
      <LinkList>
        {types.map(({ name, description, schema, example }) => (
          <LinkListItem
            key={name}
            link={
              <RowLink to="/event-types/$name" params={{ name }}>
                {name}
              </RowLink>
            }
            note={description ?? undefined}
            aside={
              <Group gap={6}>
                {schema !== null && <Badge tone="busy" icon={Braces} label={t('Schema')} />}
                {example !== null && <Badge tone="calm" icon={FileJson} label={t('Example')} />}
              </Group>
            }
          />
        ))}
      </LinkList>
    </Panel>
  );
}
