import { useForm, type FormErrors, type UseFormReturnType } from '@mantine/form';
import { flushSync } from 'react-dom';
import type { WebhookFormValues } from './webhook-form-values.js';
import { webhookFaults } from './validate-webhook-form.js';

export type WebhookForm = UseFormReturnType<WebhookFormValues>;

export function useWebhookForm(initialValues: WebhookFormValues): WebhookForm {
  return useForm({ initialValues, validate: webhookFaults });
}

/** Shows what is wrong on the fields, and leads to the first of them, which may come into view only by that. */
export function showFaults(form: WebhookForm, faults: FormErrors): void {
  flushSync(() => form.setErrors(faults));
  const [first] = Object.keys(faults);
  if (first !== undefined) form.getInputNode(first)?.focus();
}
