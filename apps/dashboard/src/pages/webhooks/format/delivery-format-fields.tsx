import { Fieldset, MultiSelect, Select, SimpleGrid, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { components } from '../../../generated/api.js';
import { JsonTextarea } from '../../../components/json-textarea.js';
import { readJsonObject, writeJson } from '../../../components/json-field.js';
import {
  BODY_LABELS,
  bodyChoiceOf,
  PROFILE_LABELS,
  profilesOf,
  withBody,
  withProfiles,
} from './format-choices.js';
import { FormatPreview } from './format-preview.js';
import { t } from '../../../i18n/t.js';

type DeliveryFormat = components['schemas']['DeliveryFormat'];

export interface DeliveryFormatProps {
  /** The format as JSON. Empty for the default. */
  value: string;
  onChange: (value: string) => void;
  error?: ReactNode;
  /** What an empty value means. */
  description: string;
}

/** The choices change the JSON, which has all settings. */
export default function DeliveryFormatFields({ value, onChange, error, description }: DeliveryFormatProps) {
  const parsed = readJsonObject(value);
  // The API checks its parts.
  const format: DeliveryFormat = parsed ?? {};
  const change = (next: DeliveryFormat) => onChange(writeJson(next));
  return (
    <Fieldset legend={t('Delivery format')}>
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Select
            label={t('Body')}
            description={t('What the receiver gets.')}
            data={optionsOf(BODY_LABELS)}
            allowDeselect={false}
            disabled={parsed === undefined}
            value={bodyChoiceOf(format)}
            onChange={(choice) => choice && change(withBody(format, choice))}
          />
          <MultiSelect
            label={t('Signatures')}
            description={t('How the receiver verifies requests.')}
            data={optionsOf(PROFILE_LABELS)}
            disabled={parsed === undefined}
            value={profilesOf(format)}
            onChange={(profiles) => change(withProfiles(format, profiles))}
          />
        </SimpleGrid>
        <JsonTextarea
          label={t('Delivery format as JSON')}
          description={description}
          placeholder={'{ "body": "data", "signatures": ["stripe"] }'}
          minRows={2}
          maxRows={16}
          value={value}
          onChange={onChange}
          error={error}
        />
        <FormatPreview format={parsed === undefined ? null : format} />
      </Stack>
    </Fieldset>
  );
}

function optionsOf<Value extends string>(labels: Record<Value, string>): { value: Value; label: string }[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- entries of a constant
  const entries = Object.entries(labels) as [Value, string][];
  return entries.map(([value, label]) => ({ value, label }));
}
