import { Checkbox, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import type { GetInputPropsReturnType } from '@mantine/form';
import type { ReactNode } from 'react';
import { JsonTextarea } from '../components/json-textarea.js';
import { choicesOf, rowTexts, type SettingRow } from './setting-row.js';

/** What the tables of settings do not have. */
export interface RowInputExtras {
  placeholder?: string;
  maxLength?: number;
  autoCapitalize?: 'off';
  autoComplete?: 'off';
  /** Of JSON. */
  minRows?: number;
  maxRows?: number;
  /** Absent: a list is separated by commas and spaces. */
  splitChars?: string[];
}

interface RowInputProps extends RowInputExtras {
  row: SettingRow;
  inputProps: (options: { type: 'checkbox' | 'input' }) => GetInputPropsReturnType;
  description?: ReactNode;
}

const SEPARATORS = [',', ' '];

const SUFFIXES: Record<string, string> = { ms: ' ms', seconds: ' s', minutes: ' min' };

/** The input of a setting, by its kind. */
export function RowInput({
  row,
  inputProps,
  splitChars = SEPARATORS,
  minRows = 2,
  maxRows = 16,
  ...rest
}: RowInputProps) {
  const { kind, unit = '', maxLength, maxItems, choices = {} } = row;
  const type = kind === 'boolean' ? 'checkbox' : 'input';
  const props = { ...rowTexts(row), ...rest, ...inputProps({ type }) };
  switch (kind) {
    case 'text':
      return <TextInput maxLength={maxLength} spellCheck={false} {...props} />;
    case 'number':
      return <NumberInput allowNegative={false} allowDecimal={false} suffix={SUFFIXES[unit]} {...props} />;
    case 'boolean':
      return <Checkbox {...props} />;
    case 'choice':
      return (
        <Select
          data={choicesOf({ choices })}
          allowDeselect={false}
          clearable={row.default === null}
          {...props}
        />
      );
    case 'list':
    case 'numbers':
      return (
        <TagsInput
          maxTags={maxItems}
          splitChars={splitChars}
          allowDuplicates={kind === 'numbers'}
          spellCheck={false}
          autoCapitalize="off"
          {...props}
        />
      );
    case 'json':
      return <JsonTextarea minRows={minRows} maxRows={maxRows} {...props} />;
  }
}
