import { Button, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Send } from 'lucide-react';
import { PublishForm, type Draft } from './publish-form.js';

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
      <Modal opened={isOpen} onClose={close} title="Publish event" size="lg" closeOnClickOutside={false}>
        <PublishForm draft={draft} onClose={close} />
      </Modal>
    </>
  );
}
