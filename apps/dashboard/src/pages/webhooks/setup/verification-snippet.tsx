import { Select, Stack } from '@mantine/core';
import { useState } from 'react';
import { JsonView } from '../../../components/json-view.js';
import { t } from '../../../i18n/t.js';
import { SNIPPETS, type SnippetName } from './snippets.js';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant
const NAMES = Object.keys(SNIPPETS) as SnippetName[];

/** Code that verifies signatures, in the programming language of the reader. */
export default function VerificationSnippet() {
  const [name, setName] = useState<SnippetName>('node');
  return (
    <Stack gap="sm">
      <Select
        label={t('Programming language')}
        data={NAMES.map((value) => ({ value, label: SNIPPETS[value].label }))}
        value={name}
        onChange={(selected) => setName(NAMES.find((each) => each === selected) ?? 'node')}
        allowDeselect={false}
        maw={240}
      />
      <JsonView label={t('Code')} value={SNIPPETS[name].code} maxHeight={320} />
    </Stack>
  );
}
