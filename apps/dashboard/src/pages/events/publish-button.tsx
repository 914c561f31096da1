import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Send } from 'lucide-react';
import { lazyDialog } from '../../components/lazy-dialog.js';
import type { Draft } from './publish-modal.js';

const PublishModal = lazyDialog(() => import('./publish-modal.js'));

interface PublishButtonProps {
  /** Initial values of the form. */
  draft?: Draft;
  label?: string;
}

export function PublishButton({ draft, label = 'Publish event' }: PublishButtonProps) {
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <>
      <Button leftSection={<Send size={16} aria-hidden />} onClick={open}>
        {label}
      </Button>
      <PublishModal draft={draft} opened={isOpen} onClose={close} />
    </>
  );
}
