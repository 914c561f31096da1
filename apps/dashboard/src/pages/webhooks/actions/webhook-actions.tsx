import { ActionIcon, Button, Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { EllipsisVertical, KeyRound, Pause, Play, ScrollText, Send, Trash2 } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useAllows, useCan } from '../../../api/session.js';
import type { Webhook } from '../../../api/types.js';
import { DeleteModal } from './delete-modal.js';
import { MuteItems } from './mute-items.js';
import { ReactivateModal } from './reactivate-modal.js';
import { SuspendModal } from './suspend-modal.js';
import { TestModal } from './test-modal.js';
import classes from './webhook-actions.module.css';

const RotateSecretModal = lazy(() => import('./rotate-secret-modal.js'));

type Dialog = 'test' | 'suspend' | 'reactivate' | 'rotate' | 'delete';

/** The actions that the status of a webhook allows. The rules are in packages/core. */
export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const [dialog, setDialog] = useState<Dialog | null>(null);
  const [isRotationLoaded, setRotationLoaded] = useState(false);
  const seesAudit = useCan('admin');
  const allows = {
    test: useAllows('test'),
    suspend: useAllows('suspend'),
    secrets: useAllows('secrets'),
    delete: useAllows('delete'),
    notifications: useAllows('notifications'),
  };
  const propsOf = (name: Dialog) => ({ webhook, opened: dialog === name, onClose: () => setDialog(null) });
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
              Send test event
            </Button>
          )}
          {allows.suspend && (
            <Button
              className={classes.action}
              variant="default"
              leftSection={<Pause size={16} aria-hidden />}
              onClick={() => setDialog('suspend')}
            >
              Suspend webhook
            </Button>
          )}
        </>
      )}
      {webhook.status === 'suspended' && allows.suspend && (
        <Button leftSection={<Play size={16} aria-hidden />} onClick={() => setDialog('reactivate')}>
          Reactivate webhook
        </Button>
      )}
      {(allows.secrets || allows.delete || allows.notifications || seesAudit) && (
        <Menu position="bottom-end" shadow="md" withInitialFocusPlaceholder={false}>
          <Menu.Target>
            <ActionIcon variant="default" size={36} aria-label="More actions">
              <EllipsisVertical size={16} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {allows.secrets && (
              <Menu.Item
                leftSection={<KeyRound size={15} aria-hidden />}
                onClick={() => {
                  setRotationLoaded(true);
                  setDialog('rotate');
                }}
              >
                Rotate signing secret
              </Menu.Item>
            )}
            {allows.notifications && <MuteItems webhook={webhook} />}
            {seesAudit && (
              <Menu.Item
                leftSection={<ScrollText size={15} aria-hidden />}
                renderRoot={(props) => <Link to="/audit" search={{ target: webhook.id }} {...props} />}
              >
                View audit log
              </Menu.Item>
            )}
            {allows.delete && (
              <Menu.Item
                color="var(--bad)"
                leftSection={<Trash2 size={15} aria-hidden />}
                onClick={() => setDialog('delete')}
              >
                Delete webhook
              </Menu.Item>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
      <TestModal {...propsOf('test')} />
      <SuspendModal {...propsOf('suspend')} />
      <ReactivateModal {...propsOf('reactivate')} />
      <Suspense fallback={null}>{isRotationLoaded && <RotateSecretModal {...propsOf('rotate')} />}</Suspense>
      <DeleteModal {...propsOf('delete')} />
    </>
  );
}
