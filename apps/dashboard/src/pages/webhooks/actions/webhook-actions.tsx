import { ActionIcon, Button, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { EllipsisVertical, Ghost, KeyRound, Pause, Play, ScrollText, Send, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useAllows, useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { MuteItems } from './mute-items.js';
import type { WebhookDialog } from './webhook-dialogs.js';
import { useWasOpen } from '../../../components/use-was-open.js';
import classes from './webhook-actions.module.css';
import { t } from '../../../i18n/t.js';

// Loaded on demand.
const WebhookDialogs = lazy(() => import('./webhook-dialogs.js'));

/** The actions that the status of a webhook allows. The rules are in packages/core. */
export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const [dialog, setDialog] = useState<WebhookDialog | null>(null);
  const wasOpen = useWasOpen(dialog !== null);
  const seesAudit = useCan('admin');
  const allows = {
    test: useAllows('test'),
    suspend: useAllows('suspend'),
    secrets: useAllows('secrets'),
    delete: useAllows('delete'),
    notifications: useAllows('notifications'),
  };
  return (
    <>
      {webhook.status === 'active' && (
        <>
          {allows.test && (
            <Button
              className={classes.action}
              variant="default"
              leftSection={<Send size={16} aria-hidden />}
              onClick={() => setDialog('test')}
            >
              {t('Send test event')}
            </Button>
          )}
          {allows.suspend && (
            <Button
              className={classes.action}
              variant="default"
              leftSection={<Pause size={16} aria-hidden />}
              onClick={() => setDialog('suspend')}
            >
              {t('Suspend webhook')}
            </Button>
          )}
        </>
      )}
      {webhook.status === 'suspended' && allows.suspend && (
        <Button leftSection={<Play size={16} aria-hidden />} onClick={() => setDialog('reactivate')}>
          {t('Reactivate webhook')}
        </Button>
      )}
      {(allows.secrets || allows.delete || allows.notifications || seesAudit) && (
        <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label={t('More actions')}>
              <EllipsisVertical size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {allows.secrets && (
              <Menu.Item leftSection={<KeyRound size={15} aria-hidden />} onClick={() => setDialog('rotate')}>
                {t('Rotate signing secret')}
              </Menu.Item>
            )}
            {allows.notifications && <MuteItems webhook={webhook} />}
            {webhook.shadow !== null && (
              <Menu.Item leftSection={<Ghost size={15} aria-hidden />} onClick={() => setDialog('shadow')}>
                {webhook.shadow ? 'Disable shadow mode' : 'Enable shadow mode'}
              </Menu.Item>
            )}
            {seesAudit && (
              <Menu.Item
                leftSection={<ScrollText size={15} aria-hidden />}
                renderRoot={(props) => <Link to="/audit" search={{ target: webhook.id }} {...props} />}
              >
                {t('View audit log')}
              </Menu.Item>
            )}
            {allows.delete && (
              <Menu.Item
                color="var(--bad)"
                leftSection={<Trash2 size={15} aria-hidden />}
                onClick={() => setDialog('delete')}
              >
                {t('Delete webhook')}
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      <Suspense>
        {wasOpen && <WebhookDialogs webhook={webhook} dialog={dialog} onClose={() => setDialog(null)} />}
      </Suspense>
    </>
  );
}
