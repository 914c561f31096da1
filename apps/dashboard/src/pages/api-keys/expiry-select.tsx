import { Select } from '@mantine/core';
import { EXPIRIES, type Expiry } from './expiry.js';

interface ExpirySelectProps {
  label: string;
  value: Expiry;
  onChange: (expiry: Expiry) => void;
}

/** When a key ends by itself. */
export function ExpirySelect({ label, value, onChange }: ExpirySelectProps) {
  return (
    <Select
      label={label}
      data={EXPIRIES}
      value={value}
      onChange={(chosen) => chosen !== null && onChange(chosen)}
      allowDeselect={false}
    />
  );
}
