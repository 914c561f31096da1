import { NumberInput } from '@mantine/core';
import type { WebhookForm } from './use-webhook-form.js';

interface WholeNumberProps {
  form: WebhookForm;
  name: 'maxInFlight' | 'autoSuspendAfterDays' | 'maxBlockedMinutes';
  label: string;
  description: string;
  suffix?: string;
}

export function WholeNumber({ form, name, ...rest }: WholeNumberProps) {
  return <NumberInput allowNegative={false} allowDecimal={false} {...rest} {...form.getInputProps(name)} />;
}
