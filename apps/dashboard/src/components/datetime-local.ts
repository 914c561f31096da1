/** Returns the value of a `datetime-local` field for a time: local time, to the minute. */
export function toDatetimeLocal(time: string): string {
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Returns the time of a `datetime-local` field as RFC 3339 in UTC, or null while the field is incomplete. */
export function fromDatetimeLocal(text: string): string | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
