import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent, type ReactNode } from 'react';
import { ProblemAlert } from './problem-alert.js';
import { t } from '../i18n/t.js';

/** The state of a mutation. */
export interface MutationState {
  isPending: boolean;
  error: unknown;
  reset: () => void;
}

export interface ConfirmModalProps {
  opened: boolean;
  onClose: () => void;
  /** The question: "Suspend this webhook?" */
  title: string;
  /** The consequences. */
  children: ReactNode;
  /** The verb on the button: "Suspend". */
  confirmLabel: string;
  /** The action is destructive. */
  danger?: boolean;
  /** The user must type this before confirming. */
  name?: string;
  /** Starts the action. Its options close the modal on success. */
  onConfirm: (options: { onSuccess: () => void }) => void;
  /** The mutation that `onConfirm` starts. Its error is shown until the user closes the modal. */
  mutation?: MutationState;
}

/** Asks for confirmation of an action that cannot be undone. */
export function ConfirmModal(props: ConfirmModalProps) {
  const { opened, onClose, title, mutation, onConfirm } = props;
  function close() {
    mutation?.reset();
    onClose();
  }
  return (
    <Modal opened={opened} onClose={close} title={title}>
      <ConfirmForm {...props} onClose={close} onConfirm={() => onConfirm({ onSuccess: close })} />
    </Modal>
  );
}

/** A separate component, so that its state is reset each time the modal opens. */
function ConfirmForm(props: ConfirmModalProps & { onConfirm: () => void }) {
  const { children, confirmLabel, danger = false, name, mutation, onClose, onConfirm } = props;
  const [typed, setTyped] = useState('');
  const isConfirmed = name === undefined || typed.trim() === name;

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isConfirmed) onConfirm();
  }

  return (
    <form onSubmit={submit}>
      <Stack>
        <Text component="div">{children}</Text>
        {name !== undefined && (
          <TextInput
            label={t('Type {{name}} to confirm', { name })}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
        )}
        {mutation?.error ? <ProblemAlert error={mutation.error} /> : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t('Cancel')}
          </Button>
          <Button
            type="submit"
            {...(danger && { color: 'red.8' })}
            loading={mutation?.isPending ?? false}
            disabled={!isConfirmed}
          >
            {confirmLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
