import { Stack, Text, Title } from '@mantine/core';
import { Plus } from 'lucide-react';
import { useCan } from '../../api/session.js';
import { JsonView } from '../../components/json-view.js';
import { LinkButton } from '../../components/link-button.js';
import { Panel } from '../../components/panel.js';
import classes from './getting-started.module.css';

/** In the place of the numbers, as long as there is no webhook. */
export function GettingStarted() {
  const mayCreate = useCan('webhooks:write');
  const mayPublish = useCan('events:write');
  return (
    <Panel title="How to begin">
      <ol className={classes.steps}>
        <li>
          <Step title="Create a webhook">
            The URL of a receiver, and the event types that it wants. It gets its first event once a code that
            was sent there is confirmed.
          </Step>
          {mayCreate && (
            <LinkButton to="/webhooks/new" mt="sm" leftSection={<Plus size={16} aria-hidden />}>
              Create a webhook
            </LinkButton>
          )}
        </li>
        {mayPublish && (
          <li>
            <Stack gap="sm">
              <Step title="Publish an event">
                With a key that may write events. Each webhook that wants its type gets it, signed, and again
                until it is taken.
              </Step>
              <JsonView label="Command" value={publishCommand(window.location.origin)} />
            </Stack>
          </li>
        )}
        <li>
          <Step title="See what became of it">
            Here: how many were taken, how long receivers took, and which of them fail.
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
