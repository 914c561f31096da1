import { Button, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { ConfirmModal } from './confirm-modal.js';

interface CancelButtonProps {
  label: string;
  size?: ButtonProps['size'];
  title: string;
  confirmLabel: string;
  /** The consequences. */
  children: ReactNode;
  onConfirm: () => void;
  /** The mutation that `onConfirm` starts. */
  mutation: { isPending: boolean; isSuccess: boolean; error: unknown; reset: () => void };
}

/** Cancels something that is running, after a confirmation. */
export function CancelButton(props: CancelButtonProps) {
  const { label, size, title, confirmLabel, children, onConfirm, mutation } = props;
  const [isOpened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" {...(size !== undefined && { size })} onClick={open}>
        {label}
      </Button>
      <ConfirmModal
        opened={isOpened && !mutation.isSuccess}
        onClose={() => {
          mutation.reset();
          close();
        }}
        title={title}
        confirmLabel={confirmLabel}
        onConfirm={onConfirm}
        pending={mutation.isPending}
        error={mutation.error}
      >
        {children}
      </ConfirmModal>
    </>
  );
}
