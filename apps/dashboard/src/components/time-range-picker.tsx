import { Select, TextInput, type ComboboxItem } from '@mantine/core';
import { useState } from 'react';
import {
  RELATIVE_RANGE_NAMES,
  RELATIVE_RANGES,
  resolveTimeRange,
  type TimeRange,
} from '../search/time-range.js';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';
import { fromDatetimeLocal, toDatetimeLocal } from './datetime-local.js';
import { t } from '../i18n/t.js';

interface TimeRangePickerProps {
  /** The result of `useTimeRange` or `useListRange`; null for any time. */
  range: TimeRange | null;
  /** Allows "Any time". */
  clearable?: boolean;
}

const CUSTOM = 'custom';

/** Initial value of a custom range when no range was selected before. */
const INITIAL_CUSTOM = '24h';

const CHOICES: ComboboxItem[] = [
  ...RELATIVE_RANGE_NAMES.map((value) => ({ value, label: RELATIVE_RANGES[value].label })),
  { value: CUSTOM, label: t('Custom range') },
];

/** Selects a relative time range, or a custom one with a fixed start and end. */
export function TimeRangePicker({ range, clearable = false }: TimeRangePickerProps) {
  const [, change] = useSearchParams();

  function select(selected: string | null) {
    if (selected !== CUSTOM) {
      change({ range: selected ?? undefined, from: undefined, to: undefined });
      return;
    }
    const { from, to } = range ?? resolveTimeRange({}, INITIAL_CUSTOM, Date.now());
    change({ range: undefined, from, to });
  }

  return (
    <>
      <Select
        className={classes.select}
        aria-label={t('Time range')}
        data={CHOICES}
        placeholder={t('Any time')}
        value={range === null ? null : (range.relative ?? CUSTOM)}
        allowDeselect={false}
        clearable={clearable}
        clearButtonProps={{ 'aria-label': t('Clear time range') }}
        onChange={select}
      />
      {range?.relative === null && (
        <>
          <TimeField
            key={range.from}
            label={t('From')}
            value={range.from}
            onChange={(from) => change({ from })}
            before={range.to}
          />
          <TimeField
            key={range.to}
            label={t('To')}
            value={range.to}
            onChange={(to) => change({ to })}
            after={range.from}
          />
        </>
      )}
    </>
  );
}

interface TimeFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  before?: string;
  after?: string;
}

/** A field for local time. Applies the value on blur, and only if the range starts before it ends. */
function TimeField({ label, value, onChange, before, after }: TimeFieldProps) {
  const [draft, setDraft] = useState(toDatetimeLocal(value));
  const time = fromDatetimeLocal(draft);
  const isValid =
    time !== null && (before === undefined || time < before) && (after === undefined || time > after);
  return (
    <TextInput
      type="datetime-local"
      aria-label={label}
      value={draft}
      error={!isValid}
      onChange={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={() => {
        if (isValid && draft !== toDatetimeLocal(value)) onChange(time);
      }}
    />
  );
}
