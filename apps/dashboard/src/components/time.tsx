import { Tooltip, VisuallyHidden } from '@mantine/core';
import { useNow } from '../search/use-now.js';
import { formatLocalTime, formatRelativeTime, formatUtcTime } from './format-time.js';

interface TimeProps {
  /** RFC 3339; a dash for null or undefined. */
  at: string | null | undefined;
  /** Shows "3 minutes ago" instead of the date. */
  relative?: boolean;
}

/** A time in the local time zone, with the zone. The absolute times, local and UTC, are in the tooltip; UTC is for screen readers, too. */
export function Time({ at, relative = false }: TimeProps) {
  if (at === null || at === undefined) return <span>–</span>;
  const date = new Date(at);
  return (
    <Tooltip label={relative ? `${formatLocalTime(date)} · ${formatUtcTime(date)}` : formatUtcTime(date)}>
      <time dateTime={at}>
        {relative ? <RelativeTime date={date} /> : formatLocalTime(date)}
        <VisuallyHidden>, {formatUtcTime(date)}</VisuallyHidden>
      </time>
    </Tooltip>
  );
}

function RelativeTime({ date }: { date: Date }) {
  return formatRelativeTime(date, useNow(15_000));
}
