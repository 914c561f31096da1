/** A moment as fields of type `datetime-local` have it: local, to the minute. */
export function toDatetimeLocal(time: string): string {
  const date = new Date(time);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment in such a field, RFC 3339 in UTC; null while it is not complete. */
export function fromDatetimeLocal(text: string): string | null {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
