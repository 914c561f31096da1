import type { components } from '@posthorn/sdk';
import type { ApiContext } from '../command/api-command.js';
import { confirm } from '../command/confirm.js';
import { table } from '../output/text.js';
import { tenantReference } from '../command/resolve-tenant.js';

export interface EndShadowsFlags {
  acceptRefused?: boolean;
}

type Refused = components['schemas']['RefusedImport'];

const COLUMNS = {
  SOURCE: ({ source }: Refused) => source,
  'EXTERNAL ID': ({ externalId }: Refused) => externalId,
  URL: ({ url }: Refused) => url,
  REASON: ({ reason }: Refused) => reason,
};

/** Ends the shadows of a tenant. Lists the webhooks that the import has refused, and asks: they get nothing from then on. */
export async function endShadows(
  tenant: string,
  { acceptRefused = false }: EndShadowsFlags,
  { api, output }: ApiContext,
): Promise<void> {
  const id = await tenantReference(api, tenant);
  const { data: refused } = await api.tenants.refusedImports(id);
  if (refused.length > 0) {
    output.note(table(refused, COLUMNS, ''));
    const question = `The import has refused these ${refused.length} webhooks. They get nothing from then on. End the shadows?`;
    const isAccepted = await confirm(question, {
      yes: acceptRefused,
      flag: '--accept-refused',
    });
    if (!isAccepted) return output.note('Cancelled.');
  }
  const result = await api.tenants.endShadows(id, {
    acceptRefused: refused.length > 0,
  });
  output.result(result, () => (result.ended === 1 ? 'Ended 1 shadow' : `Ended ${result.ended} shadows`));
}
