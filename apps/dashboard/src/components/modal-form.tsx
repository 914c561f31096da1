import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { CircleAlert } from 'lucide-react';
import { type FormEventHandler, type ReactNode, useEffect, useEffectEvent } from 'react';
import { toFormErrors } from '../api/form-errors.js';
import { toProblem } from '../problems/problem.js';
import { BAD_ALERT } from './alert-colors.js';
import { t } from '../i18n/t.js';

interface ModalFormProps {
  /** Gets the API's errors of its fields. */
  form: { setErrors: (errors: Record<string, string>) => void };
  fields: readonly string[];
  onSubmit: FormEventHandler<HTMLFormElement>;
  /** The mutation that `onSubmit` starts. */
  mutation: { isPending: boolean; error: unknown };
  /** A verb: "Create key". */
  submitLabel: string;
  onCancel: () => void;
  children: ReactNode;
}

/** A form in a dialog, with its buttons and the errors that match no field. */
export function ModalForm(props: ModalFormProps) {
  const { form, fields, onSubmit, mutation, submitLabel, onCancel, children } = props;
  const { isPending, error } = mutation;
  const errorsOf = (failure: unknown) =>
    failure ? toFormErrors(toProblem(failure), fields) : { fields: {}, rest: [] };
  const showErrors = useEffectEvent((failure: unknown) => form.setErrors(errorsOf(failure).fields));
  useEffect(() => showErrors(error), [error]);
  const { rest } = errorsOf(error);
  return (
    <form noValidate onSubmit={onSubmit}>
      <Stack>
        {children}
        {rest.length > 0 && (
          <Alert classNames={BAD_ALERT} icon={<CircleAlert size={18} aria-hidden />} role="alert">
            {rest.map((message) => (
              <Text key={message}>{message}</Text>
            ))}
          </Alert>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {t('Cancel')}
          </Button>
          <Button type="submit" loading={isPending}>
            {submitLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
