import { Select, TextInput, type ComboboxItem } from '@mantine/core';
import { useState } from 'react';
import { MOVING_RANGE_NAMES, MOVING_RANGES, type TimeRange } from '../search/time-range.js';
import { useSearchParams } from '../search/use-search-params.js';
import classes from './filter-bar.module.css';
import { fromLocalInput, toLocalInput } from './local-input.js';

interface TimeRangePickerProps {
  /** Of `useTimeRange`. */
  range: TimeRange;
}

const CUSTOM = 'custom';

const CHOICES: ComboboxItem[] = [
  ...MOVING_RANGE_NAMES.map((value) => ({ value, label: MOVING_RANGES[value].label })),
  { value: CUSTOM, label: 'From … to …' },
];

/** Puts a time range into the address: one that moves with the time, or one of its own. */
export function TimeRangePicker({ range }: TimeRangePickerProps) {
  const [, change] = useSearchParams();
  const { moving, from, to } = range;
  return (
    <>
      <Select
        className={classes.select}
        aria-label="Time range"
        data={CHOICES}
        value={moving ?? CUSTOM}
        allowDeselect={false}
        onChange={(chosen) =>
          change(
            chosen === CUSTOM
              ? { range: undefined, from, to }
              : { range: chosen, from: undefined, to: undefined },
          )
        }
      />
      {moving === null && (
        <>
          <Moment
            key={from}
            label="From"
            value={from}
            onChange={(moment) => change({ from: moment })}
            before={to}
          />
          <Moment key={to} label="To" value={to} onChange={(moment) => change({ to: moment })} after={from} />
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
  const [draft, setDraft] = useState(toLocalInput(value));
  const moment = fromLocalInput(draft);
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
        if (fits && draft !== toLocalInput(value)) onChange(moment);
      }}
    />
  );
}
