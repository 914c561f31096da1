import { TenantPicker } from './tenant-picker.js';
import type { TenantChoice } from '../search/use-tenant-choice.js';

interface TenantFieldProps {
  choice: TenantChoice;
  description: string;
  /** Choices besides the tenants. */
  others?: { value: string; label: string }[];
}

/** Selects the tenant of something new, for keys of all tenants. */
export function TenantField({ choice, description, others }: TenantFieldProps) {
  return (
    <TenantPicker
      label="Tenant"
      description={description}
      placeholder="Select a tenant"
      required
      {...(others && { others })}
      value={choice.tenantId ?? null}
      onChange={(selected) => choice.choose(selected ?? undefined)}
      error={choice.error}
    />
  );
}
