import { Modal } from '@mantine/core';
import { type Draft, PublishForm } from './publish-form.js';

interface PublishModalProps {
  draft: Draft | undefined;
  opened: boolean;
  onClose: () => void;
}

export default function PublishModal({ draft, opened, onClose }: PublishModalProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Publish event" size="lg" closeOnClickOutside={false}>
      <PublishForm draft={draft} onClose={onClose} />
    </Modal>
  );
}
