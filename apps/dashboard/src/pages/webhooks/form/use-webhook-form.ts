import { useForm, type FormErrors, type UseFormReturnType } from '@mantine/form';
import { flushSync } from 'react-dom';
import type { WebhookFormValues } from './webhook-form-values.js';
import { validateWebhookForm } from './validate-webhook-form.js';

export type WebhookForm = UseFormReturnType<WebhookFormValues>;

export function useWebhookForm(initialValues: WebhookFormValues): WebhookForm {
  return useForm({ initialValues, validate: validateWebhookForm });
}

/** Shows what is wrong on the fields, and leads to the first of them, which may come into view only by that. */
export function showFormErrors(form: WebhookForm, errors: FormErrors): void {
  flushSync(() => form.setErrors(errors));
  const [first] = Object.keys(errors);
  if (first !== undefined) form.getInputNode(first)?.focus();
}
