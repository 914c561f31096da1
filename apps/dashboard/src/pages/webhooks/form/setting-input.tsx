import { Checkbox, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { type ColumnSetting, SETTING_ROWS, settingTexts } from '../column-settings.js';
import { JsonTextarea } from './json-textarea.js';
import type { WebhookForm } from './use-webhook-form.js';

interface SettingInputProps {
  form: WebhookForm;
  name: ColumnSetting;
  description?: ReactNode;
  placeholder?: string;
}

const SUFFIXES: Record<string, string> = { ms: ' ms', seconds: ' s', minutes: ' min' };

/** What the table does not have. */
const EXTRAS: Partial<Record<ColumnSetting, { maxLength?: number; placeholder?: string }>> = {
  externalId: { maxLength: 255 },
  metadata: { placeholder: '{ "customer": "4711" }' },
};

/** The input of a setting, by its kind. */
export function SettingInput({ form, name, ...rest }: SettingInputProps) {
  const { kind, unit = '', maxLength, maxItems, choices = [] } = SETTING_ROWS[name];
  const type = kind === 'boolean' ? 'checkbox' : 'input';
  const props = { ...settingTexts(name), ...EXTRAS[name], ...rest, ...form.getInputProps(name, { type }) };
  switch (kind) {
    case 'text':
      return <TextInput maxLength={maxLength} spellCheck={false} {...props} />;
    case 'number':
      return <NumberInput allowNegative={false} allowDecimal={false} suffix={SUFFIXES[unit]} {...props} />;
    case 'boolean':
      return <Checkbox {...props} />;
    case 'choice':
      return <Select data={choices} allowDeselect={false} {...props} />;
    case 'list':
    case 'numbers':
      return (
        <TagsInput
          maxTags={maxItems}
          splitChars={[',', ' ']}
          allowDuplicates={kind === 'numbers'}
          spellCheck={false}
          autoCapitalize="off"
          {...props}
        />
      );
    case 'json':
      return <JsonTextarea {...props} />;
  }
}
