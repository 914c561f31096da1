import type { ImportWebhookInput } from '@posthorn/contract';
import { type ImportOutcome, mergeField } from '@posthorn/core';
import type { ImportDigests, ImportField } from './import-values.js';

/** The digests of the last import, of the source and of what is present. */
interface MergedDigests {
  source: ImportDigests;
  present: ImportDigests;
  last: Record<string, string>;
}

export interface MergedField {
  name: ImportField;
  outcome: ImportOutcome;
}

/** Returns the fields that differ from the source, and what happens to each. */
export function mergeFields(
  { source, present, last }: MergedDigests,
  { mode, suspend, enabled }: Pick<ImportWebhookInput, 'mode' | 'suspend' | 'enabled'>,
): MergedField[] {
  return namesOf(source).flatMap((name) => {
    const [ofSource, ofPresent] = [source[name], present[name]];
    if (ofSource === undefined || ofPresent === undefined) return [];
    // The status is no setting: a webhook that was suspended by hand stays suspended.
    const modeOfField = name === 'enabled' && mode === 'replace' ? 'sync' : mode;
    const outcome = mergeField({ source: ofSource, present: ofPresent, last: last[name] }, modeOfField);
    if (outcome === null) return [];
    const isOnlyReported = name === 'enabled' && !enabled && !suspend && outcome === 'followed';
    return [{ name, outcome: isOnlyReported ? 'kept' : outcome }];
  });
}

/** Returns the digests to remember: the digests of the source, except of fields that do not follow it. */
export function nextDigests(
  { source, last }: MergedDigests,
  fields: readonly MergedField[],
): Record<string, string> {
  const staying = new Set(fields.flatMap(({ name, outcome }) => (outcome === 'followed' ? [] : [name])));
  return Object.fromEntries(
    namesOf(source).flatMap((name) => {
      const digest = staying.has(name) ? last[name] : source[name];
      return digest === undefined ? [] : [[name, digest]];
    }),
  );
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant shape
const namesOf = (digests: ImportDigests) => Object.keys(digests) as ImportField[];
