import { Stack, Text, Title } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useCan } from '../../api/session.js';
import { JsonView } from '../../components/json-view.js';
import { LinkButton } from '../../components/link-button.js';
import { Panel } from '../../components/panel.js';
import classes from './getting-started.module.css';
import { t } from '../../i18n/t.js';

/** Shown instead of metrics until there is a webhook. */
export function GettingStarted() {
  const canCreate = useCan('webhooks:write', 'create');
  const canPublish = useCan('events:write');
  return (
    <Panel title={t('Get started')}>
      <ol className={classes.steps}>
        <li>
          <Step title={t('Create a webhook')}>
            {t(
              'Enter a URL and the event types to send to it. Delivery starts when you have validated the URL with a code.',
            )}
          </Step>
          {canCreate && (
            <LinkButton to="/webhooks/new" mt="sm" leftSection={<Plus size={16} aria-hidden />}>
              {t('Create webhook')}
            </LinkButton>
          )}
        </li>
        {canPublish && (
          <li>
            <Stack gap="sm">
              <Step title={t('Publish an event')}>
                {t(
                  'Use an API key with the scope events:write. Every webhook that subscribes to the type gets a signed request, retried if it fails.',
                )}
              </Step>
              <JsonView label={t('Command')} value={publishCommand(window.location.origin)} />
            </Stack>
          </li>
        )}
        <li>
          <Step title={t('Monitor deliveries')}>
            {t('This page then shows the success rate, response times and failing webhooks.')}
          </Step>
        </li>
      </ol>
    </Panel>
  );
}

function Step({ title, children }: { title: string; children: string }) {
  return (
    <div>
      <Title order={3}>{title}</Title>
      <Text c="dimmed" maw={560}>
        {children}
      </Text>
    </div>
  );
}

function publishCommand(origin: string): string {
  return [
    `curl ${origin}/v1/events \\`,
    `  -H "authorization: Bearer $KEY" \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '{"type":"invoice.paid","data":{"id":"in_1"}}'`,
  ].join('\n');
}
