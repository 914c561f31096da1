import { useForm, type FormErrors, type UseFormReturnType } from '@mantine/form';
import { flushSync } from 'react-dom';
import type { WebhookFormValues } from './webhook-form-values.js';
import { validateWebhookForm } from './validate-webhook-form.js';

export type WebhookForm = UseFormReturnType<WebhookFormValues>;

export function useWebhookForm(initialValues: WebhookFormValues): WebhookForm {
  return useForm({ initialValues, validate: validateWebhookForm });
}

/** Sets errors on the fields, then focuses the first invalid field. Renders synchronously, because the error may reveal that field. */
export function showFormErrors(form: WebhookForm, errors: FormErrors): void {
  flushSync(() => form.setErrors(errors));
  const [first] = Object.keys(errors);
  if (first !== undefined) form.getInputNode(first)?.focus();
}
