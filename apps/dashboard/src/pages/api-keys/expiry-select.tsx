import { Select } from '@mantine/core';
import { EXPIRIES, type Expiry } from './expiry.js';

interface ExpirySelectProps {
  label: string;
  value: Expiry;
  onChange: (expiry: Expiry) => void;
}

/** Selects when a key expires. */
export function ExpirySelect({ label, value, onChange }: ExpirySelectProps) {
  return (
    <Select
      label={label}
      data={EXPIRIES}
      value={value}
      onChange={(selected) => selected !== null && onChange(selected)}
      allowDeselect={false}
    />
  );
}
