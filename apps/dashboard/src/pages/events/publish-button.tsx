import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Send } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { useWasOpen } from '../../components/use-was-open.js';
import type { Draft } from './publish-modal.js';

// Loaded on demand.
const PublishModal = lazy(() => import('./publish-modal.js'));

interface PublishButtonProps {
  /** Initial values of the form. */
  draft?: Draft;
  label?: string;
}

export function PublishButton({ draft, label = 'Publish event' }: PublishButtonProps) {
  const [isOpen, { open, close }] = useDisclosure();
  const wasOpen = useWasOpen(isOpen);
  return (
    <>
      <Button leftSection={<Send size={16} aria-hidden />} onClick={open}>
        {label}
      </Button>
      <Suspense>{wasOpen && <PublishModal draft={draft} opened={isOpen} onClose={close} />}</Suspense>
    </>
  );
}
