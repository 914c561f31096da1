import { UsageError } from '../command/usage-error.js';
import { comparableEgress, type ConfiguredEgress, egressCall } from './egress.js';
import { differences, idOf, type PlannedChange, type Target } from './planned-change.js';
import type { Current } from './read-current.js';

interface EgressOwner {
  kind: 'tenant' | 'webhook';
  name: string;
  /** Of a webhook. */
  tenant?: string;
  target: Target;
}

interface EgressChange extends Pick<Current, 'hasEgress'> {
  before: ConfiguredEgress | undefined;
  after: ConfiguredEgress | undefined;
  env: NodeJS.ProcessEnv;
}

/** @throws UsageError if the file has egress that the key may not read */
export function planEgress(
  { kind, target, ...owner }: EgressOwner,
  { before = {}, after = {}, hasEgress, env }: EgressChange,
): PlannedChange[] {
  const [old, wanted] = [comparableEgress(before), comparableEgress(after)];
  if (!hasEgress && Object.keys(wanted).length > 0)
    throw new UsageError(`The ${kind} ${owner.name} has egress in the file, which the API key may not read`);
  const fields = differences(old, wanted);
  if (fields.length === 0) return [];
  const apply = egressCall({ kind, id: () => idOf(target) }, { before, after, env });
  return [{ ...owner, action: 'update', kind: `egress of ${kind}`, fields, apply }];
}
