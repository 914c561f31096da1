import { Select } from '@mantine/core';
import { useSession } from '../../api/session.js';
import { expiries, formatExpiry, type Expiry } from './expiry.js';

interface ExpirySelectProps {
  label: string;
  /** The expiry of the replaced key. Undefined for a new key, which by default expires with the key of the session. */
  replaced?: string | null;
  value: Expiry;
  onChange: (expiry: Expiry) => void;
}

/** Selects when a key expires. */
export function ExpirySelect({ label, replaced, value, onChange }: ExpirySelectProps) {
  const { holder } = useSession();
  // The access of a person has no end: their provider only has to confirm it.
  const latest = holder.kind === 'person' ? null : holder.expiresAt;
  const defaultLabel = formatExpiry(earliest(replaced ?? null, latest));
  return (
    <Select
      label={label}
      description={latest === null ? undefined : 'No later than the key that you are signed in with'}
      data={expiries(defaultLabel, latest)}
      value={value}
      onChange={(selected) => selected !== null && onChange(selected)}
      allowDeselect={false}
    />
  );
}

/** Returns the earlier of two expiries. Null: never. */
function earliest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) < Date.parse(other) ? one : other;
}
