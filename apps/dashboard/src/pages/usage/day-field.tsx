import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from '../../search/use-search-params.js';

interface DayFieldProps {
  param: 'from' | 'to';
  label: string;
  value: string;
}

/** A day in UTC, bound to a search parameter. Applied on blur, since a date is typed part by part. */
export function DayField({ param, label, value }: DayFieldProps) {
  const [, change] = useSearchParams();
  const [draft, setDraft] = useState(value);
  return (
    <TextInput
      type="date"
      aria-label={label}
      value={draft}
      onChange={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={() => {
        if (draft === '') setDraft(value);
        else if (draft !== value) change({ [param]: draft });
      }}
    />
  );
}
