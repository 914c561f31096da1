import { Button, Stack, Text, TextInput, type ButtonProps, type TextInputProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { paths } from '../generated/api.js';
import { ConfirmModal } from './confirm-modal.js';

/** A call of the API that starts after a confirmation. */
export interface Action<Result = unknown> {
  /** The question: "Suspend this webhook?" */
  title: string;
  /** The consequences. */
  text: ReactNode;
  /** Optional inputs by the name of their field in the body of the call. */
  fields?: Record<string, TextInputProps>;
  /** The verb on the button: "Suspend webhook". */
  label: string;
  /** The action is destructive. */
  danger?: boolean;
  /** The user must type this before confirming. */
  name?: string;
  /** Gets the values of the fields that are not empty. */
  run: (values: Record<string, string>) => Promise<{ data?: Result }>;
  /** Notification shown on success. */
  done?: string;
  /** The data that a success changes. */
  invalidates?: readonly (keyof paths)[];
  onDone?(result: Result): unknown;
}

interface DialogProps {
  opened: boolean;
  onClose: () => void;
}

/** The dialog that confirms an action. It closes on success, and keeps its values when it is cancelled. */
export function ActionModal<Result>(props: Action<Result> & DialogProps) {
  const { opened, onClose, title, text, fields = {}, label, danger, name, run, done, invalidates } = props;
  const [values, setValues] = useState<Record<string, string>>({});
  const mutation = useMutation({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- absent only for calls whose response has no body
    mutationFn: async () => (await run(filled(values))).data as Result,
    meta: { failureShown: true, success: done, invalidates },
    async onSuccess(result) {
      setValues({});
      await props.onDone?.(result);
    },
  });
  const inputs = Object.entries(fields);
  return (
    <ConfirmModal
      opened={opened}
      onClose={onClose}
      title={title}
      confirmLabel={label}
      danger={danger}
      name={name}
      onConfirm={(options) => mutation.mutate(undefined, options)}
      mutation={mutation}
    >
      {inputs.length === 0 ? (
        text
      ) : (
        <Stack>
          <Text>{text}</Text>
          {inputs.map(([field, input]) => (
            <TextInput
              key={field}
              value={values[field] ?? ''}
              onChange={({ currentTarget: { value } }) => setValues({ ...values, [field]: value })}
              {...input}
            />
          ))}
        </Stack>
      )}
    </ConfirmModal>
  );
}

const filled = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values)
      .map(([field, value]) => [field, value.trim()])
      .filter(([, value]) => value !== ''),
  );

interface ActionButtonProps<Result> extends Action<Result> {
  /** The text of the button that opens the dialog, if it differs from the label. */
  short?: string;
  button?: ButtonProps & { 'aria-label'?: string };
}

/** A button, and the dialog that it opens. */
export function ActionButton<Result>({ short, button, ...action }: ActionButtonProps<Result>) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button variant="default" {...button} onClick={open}>
        {short ?? action.label}
      </Button>
      <ActionModal {...action} opened={opened} onClose={close} />
    </>
  );
}
