import { ActionIcon, Button, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { EllipsisVertical, Ghost, KeyRound, Pause, Play, ScrollText, Send, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { MuteItems } from './mute-items.js';
import type { WebhookDialog } from './webhook-dialogs.js';
import { lazyDialog } from '../../../components/lazy-dialog.js';
import classes from './webhook-actions.module.css';
import { t } from '../../../i18n/t.js';

const WebhookDialogs = lazyDialog(() => import('./webhook-dialogs.js'));

/** The actions that the status of a webhook allows. The rules are in packages/core. */
export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const [dialog, setDialog] = useState<WebhookDialog | null>(null);
  return (
    <>
      <StatusButtons webhook={webhook} open={setDialog} />
      <MoreActions webhook={webhook} open={setDialog} />
      <WebhookDialogs
        webhook={webhook}
        dialog={dialog}
        opened={dialog !== null}
        onClose={() => setDialog(null)}
      />
    </>
  );
}

interface ActionsProps {
  webhook: Webhook;
  open: (dialog: WebhookDialog) => void;
}

function StatusButtons({ webhook: { status, delivery }, open }: ActionsProps) {
  const allowsTest = useCan('webhooks:operate', 'test');
  const allowsSuspend = useCan('webhooks:operate', 'suspend');
  return (
    <>
      {status === 'active' && delivery === 'push' && allowsTest && (
        <Button
          className={classes.action}
          variant="default"
          leftSection={<Send size={16} aria-hidden />}
          onClick={() => open('test')}
        >
          {t('Send test event')}
        </Button>
      )}
      {status === 'active' && allowsSuspend && (
        <Button
          className={classes.action}
          variant="default"
          leftSection={<Pause size={16} aria-hidden />}
          onClick={() => open('suspend')}
        >
          {t('Suspend webhook')}
        </Button>
      )}
      {status === 'suspended' && allowsSuspend && (
        <Button leftSection={<Play size={16} aria-hidden />} onClick={() => open('reactivate')}>
          {t('Reactivate webhook')}
        </Button>
      )}
    </>
  );
}

function MoreActions({ webhook, open }: ActionsProps) {
  const allowsSecrets = useCan('webhooks:write', 'secrets');
  const allowsDelete = useCan('webhooks:write', 'delete');
  const allowsNotifications = useCan('webhooks:operate', 'notifications');
  const allowsShadow = useCan('webhooks:write');
  const seesAudit = useCan('admin:read');
  if (!(allowsSecrets || allowsDelete || allowsNotifications || seesAudit)) return null;
  return (
    <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={t('More actions')}>
          <EllipsisVertical size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {allowsSecrets && (
          <Menu.Item leftSection={<KeyRound size={15} aria-hidden />} onClick={() => open('rotate')}>
            {t('Rotate signing secret')}
          </Menu.Item>
        )}
        {allowsNotifications && <MuteItems webhook={webhook} />}
        {webhook.shadow !== null && allowsShadow && (
          <Menu.Item leftSection={<Ghost size={15} aria-hidden />} onClick={() => open('shadow')}>
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
        {allowsDelete && (
          <Menu.Item
            color="var(--bad)"
            leftSection={<Trash2 size={15} aria-hidden />}
            onClick={() => open('delete')}
          >
            {t('Delete webhook')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
