import { useState } from 'react';
import { api } from '../api/api.js';
import { useCan, useSeesAllTenants } from '../api/session.js';
import { SYSTEM_SCOPE } from '../api/system-scope.js';
import { useTenantId } from './use-tenant-id.js';

export interface TenantChoice {
  /** For the `tenantId` of the call; undefined for the tenant of the key, or if none is selected. */
  tenantId: string | undefined;
  choose: (tenantId: string | undefined) => void;
  /** Whether the user selects it. */
  isOffered: boolean;
  error: string | null;
  /** Returns whether the form can be submitted, and otherwise shows the error. */
  check: () => boolean;
}

interface TenantChoiceOptions {
  /** Whether the system scope can be selected. */
  withSystemScope?: true;
}

/** The tenant of something new: the one that the page shows or, while it shows all tenants, one that the user selects. A single tenant is selected already. */
export function useTenantChoice({ withSystemScope }: TenantChoiceOptions = {}): TenantChoice {
  const seesAllTenants = useSeesAllTenants();
  const canListTenants = useCan('admin:read');
  const isOffered = seesAllTenants && canListTenants;
  const shown = useTenantId();
  const [chosen, setChosen] = useState(shown === SYSTEM_SCOPE && !withSystemScope ? undefined : shown);
  const [isChecked, setChecked] = useState(false);
  const { data } = api.useQuery(
    'get',
    '/v1/tenants',
    { params: { query: { limit: 2 } } },
    { enabled: isOffered && chosen === undefined },
  );
  const [first, ...others] = data?.data ?? [];
  const tenantId = chosen ?? (others.length === 0 ? first?.id : undefined);
  const isMissing = isOffered && tenantId === undefined;
  return {
    tenantId,
    choose: setChosen,
    isOffered,
    error: isChecked && isMissing ? 'Select a tenant.' : null,
    check() {
      setChecked(true);
      return !isMissing;
    },
  };
}
