import type { Posthorn } from '@posthorn/sdk';
import { planChanges } from './plan.js';
import type { PlannedChange, PlanOptions } from './planned-change.js';
import { readInstallation, readTagged, toCurrent } from './read-current.js';
import type { Configuration } from './schema.js';

/**
 * Plans the changes of an installation, each of a webhook on the condition that it is still as it was read.
 *
 * @throws UsageError like `planChanges`
 */
export async function planTagged(
  api: Posthorn,
  file: Configuration,
  options: PlanOptions,
): Promise<PlannedChange[]> {
  const installation = await readInstallation(api, file);
  const planned = planChanges(file, toCurrent(installation), options);
  const ids = new Set(planned.flatMap(({ webhookId }) => webhookId ?? []));
  const tagged = await readTagged(api, installation, ids);
  return planChanges(file, toCurrent(tagged), options);
}
