import { SYSTEM_SCOPE } from '../../../api/system-scope.js';
import { TenantPicker } from '../../../components/tenant-picker.js';

interface TenantFieldProps {
  /** Undefined for the default tenant. */
  value: string | undefined;
  onChange: (tenantId: string | undefined) => void;
}

const OPERATOR = { value: SYSTEM_SCOPE, label: 'Operator: operational events of all tenants' };

/** Selects the tenant of a new webhook. */
export function TenantField({ value, onChange }: TenantFieldProps) {
  return (
    <TenantPicker
      label="Tenant"
      description="The webhook receives the events of this tenant."
      placeholder="default"
      others={[OPERATOR]}
      value={value ?? null}
      onChange={(selected) => onChange(selected ?? undefined)}
    />
  );
}
