import { Checkbox, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Scope } from '../../api/session.js';
import { SCOPES } from './api-key.js';

interface ScopesInputProps {
  value: Scope[];
  onChange: (scopes: Scope[]) => void;
  error?: ReactNode;
}

/** Selects the scopes of a key. */
export function ScopesInput({ value, onChange, error }: ScopesInputProps) {
  return (
    <Checkbox.Group
      label="Permissions"
      value={value}
      onChange={(selected) =>
        onChange(SCOPES.map(({ scope }) => scope).filter((scope) => selected.includes(scope)))
      }
      error={error}
    >
      <Stack gap={10} mt={6}>
        {SCOPES.map(({ scope, label }) => (
          <Checkbox
            key={scope}
            value={scope}
            label={label}
            description={scope}
            disabled={scope !== 'admin' && value.includes('admin')}
          />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
