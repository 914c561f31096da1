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

interface TimeRangePickerProps {
  /** Of `useTimeRange`; of `useListRange`, which has null for any time. */
  range: TimeRange | null;
  /** Any time can be chosen. */
  clearable?: boolean;
}

const CUSTOM = 'custom';

/** Where a range of its own begins, when none was chosen before. */
const FIRST_CUSTOM = '24h';

const CHOICES: ComboboxItem[] = [
  ...RELATIVE_RANGE_NAMES.map((value) => ({ value, label: RELATIVE_RANGES[value].label })),
  { value: CUSTOM, label: 'From … to …' },
];

/** Puts a time range into the address: one that moves with the time, or one of its own. */
export function TimeRangePicker({ range, clearable = false }: TimeRangePickerProps) {
  const [, change] = useSearchParams();

  function choose(chosen: string | null) {
    if (chosen !== CUSTOM) {
      change({ range: chosen ?? undefined, from: undefined, to: undefined });
      return;
    }
    const { from, to } = range ?? resolveTimeRange({}, FIRST_CUSTOM, Date.now());
    change({ range: undefined, from, to });
  }

  return (
    <>
      <Select
        className={classes.select}
        aria-label="Time range"
        data={CHOICES}
        placeholder="Any time"
        value={range === null ? null : (range.relative ?? CUSTOM)}
        allowDeselect={false}
        clearable={clearable}
        clearButtonProps={{ 'aria-label': 'Clear time range' }}
        onChange={choose}
      />
      {range?.relative === null && (
        <>
          <Moment
            key={range.from}
            label="From"
            value={range.from}
            onChange={(from) => change({ from })}
            before={range.to}
          />
          <Moment
            key={range.to}
            label="To"
            value={range.to}
            onChange={(to) => change({ to })}
            after={range.from}
          />
        </>
      )}
    </>
  );
}

interface MomentProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  before?: string;
  after?: string;
}

/** A moment in local time. It is taken when the field is left, and only if the range would not end before it begins. */
function Moment({ label, value, onChange, before, after }: MomentProps) {
  const [draft, setDraft] = useState(toDatetimeLocal(value));
  const moment = fromDatetimeLocal(draft);
  const fits =
    moment !== null && (before === undefined || moment < before) && (after === undefined || moment > after);
  return (
    <TextInput
      type="datetime-local"
      aria-label={label}
      value={draft}
      error={!fits}
      onChange={({ currentTarget }) => setDraft(currentTarget.value)}
      onBlur={() => {
        if (fits && draft !== toDatetimeLocal(value)) onChange(moment);
      }}
    />
  );
}
