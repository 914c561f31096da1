import { Tooltip, VisuallyHidden } from '@mantine/core';
import { useNow } from '../search/use-now.js';
import { formatLocalTime, formatRelativeTime, formatUtcTime } from './format-time.js';

interface TimeProps {
  /** RFC 3339. Null or undefined shows a dash. */
  at: string | null | undefined;
  /** "3 minutes ago" in place of the time of day. */
  relative?: boolean;
}

/** A moment: local to read, UTC on hover and for screen readers. */
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
