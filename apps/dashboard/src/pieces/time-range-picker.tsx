import { Button, Group, Menu, Popover, Stack, TextInput } from '@mantine/core';
import { CalendarClock } from 'lucide-react';
import { useState } from 'react';
import { MOVING_RANGE_NAMES, MOVING_RANGES, type TimeRange } from '../search/time-range.js';
import { useSearchParams } from '../search/use-search-params.js';
import { localTime } from './time-text.js';

interface TimeRangePickerProps {
  /** Of `useTimeRange`. */
  range: TimeRange;
}

/** Chooses a time range and puts it into the address: one that moves with the time, or one of its own. */
export function TimeRangePicker({ range }: TimeRangePickerProps) {
  const [, change] = useSearchParams();
  const [isCustom, setCustom] = useState(false);
  const label = range.moving
    ? MOVING_RANGES[range.moving].label
    : `${localTime(new Date(range.from))} – ${localTime(new Date(range.to))}`;

  return (
    <Popover opened={isCustom} onChange={setCustom} position="bottom-start" trapFocus shadow="md">
      <Menu position="bottom-start" shadow="md">
        <Popover.Target>
          <Menu.Target>
            <Button
              variant="default"
              fw={400}
              leftSection={<CalendarClock size={15} aria-hidden />}
              aria-label={`Time range: ${label}`}
            >
              {label}
            </Button>
          </Menu.Target>
        </Popover.Target>
        <Menu.Dropdown>
          {MOVING_RANGE_NAMES.map((name) => (
            <Menu.Item key={name} onClick={() => change({ range: name, from: undefined, to: undefined })}>
              {MOVING_RANGES[name].label}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={() => setCustom(true)}>Custom…</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Popover.Dropdown>
        <CustomRange
          range={range}
          onApply={(from, to) => {
            change({ range: undefined, from, to });
            setCustom(false);
          }}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function CustomRange({ range, onApply }: { range: TimeRange; onApply: (from: string, to: string) => void }) {
  const [from, setFrom] = useState(toInput(range.from));
  const [to, setTo] = useState(toInput(range.to));
  const isRange = from !== '' && to !== '' && from < to;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isRange) onApply(new Date(from).toISOString(), new Date(to).toISOString());
      }}
    >
      <Stack gap="sm">
        <TextInput
          type="datetime-local"
          label="From"
          value={from}
          onChange={({ currentTarget }) => setFrom(currentTarget.value)}
        />
        <TextInput
          type="datetime-local"
          label="To"
          value={to}
          onChange={({ currentTarget }) => setTo(currentTarget.value)}
          error={!isRange && 'It must end after it begins'}
        />
        <Group justify="flex-end">
          <Button type="submit" size="xs" disabled={!isRange}>
            Apply
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Local, as fields of type datetime-local have it. */
function toInput(time: string): string {
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
