import type { ReactNode } from 'react';
import { RowInput, type RowInputExtras } from '../../../settings/row-input.js';
import { type ColumnSetting, SETTING_ROWS } from '../column-settings.js';
import type { WebhookForm } from './use-webhook-form.js';

interface SettingInputProps {
  form: WebhookForm;
  name: ColumnSetting;
  description?: ReactNode;
  placeholder?: string;
}

/** What the table does not have. */
const EXTRAS: Partial<Record<ColumnSetting, RowInputExtras>> = {
  externalId: { maxLength: 255 },
  metadata: { placeholder: '{ "customer": "4711" }' },
};

/** The input of a setting of the webhook form. */
export const SettingInput = ({ form, name, ...rest }: SettingInputProps) => (
  <RowInput
    row={SETTING_ROWS[name]}
    inputProps={(options) => form.getInputProps(name, options)}
    {...EXTRAS[name]}
    {...rest}
  />
);
