import type { components } from '@posthorn/sdk';
import type { ApiContext } from '../command/api-command.js';
import { host } from '../host/host.js';

type Verification = components['schemas']['AuditVerification'];

const PROGRESS_MS = 5000;

/**
 * Checks the chain of the audit log until the first break. A break and entries that are dated long before those before them set the exit
 * code 1.
 *
 * @param from the entry to begin after, as `NUMBER:HASH`: another hash is a break. Default: the whole chain
 */
export async function verifyAudit(
  { api, output }: ApiContext,
  { from = '0' }: { from?: string } = {},
): Promise<void> {
  let notedAtMs = performance.now();
  let erased = 0;
  let late = 0;
  let firstLate: Verification['firstLate'] = null;
  for (let after = from; ;) {
    const checked = await api.auditEntries.verify({ after });
    const { verified, last } = checked;
    erased += checked.erased;
    late += checked.late;
    firstLate ??= checked.firstLate;
    if (checked.firstBreak !== null || verified.number >= last.number) {
      const result = { ...checked, erased, late, firstLate };
      output.result(result, () => resultText(result, from));
      if (checked.firstBreak !== null || late > 0) host().exitCode = 1;
      return;
    }
    if (performance.now() - notedAtMs >= PROGRESS_MS) {
      output.note(`Verified up to entry ${verified.number} of ${last.number}`);
      notedAtMs = performance.now();
    }
    after = String(verified.number);
  }
}

function resultText(checked: Verification, from: string): string {
  const { firstBreak, verified, erased, unchained } = checked;
  if (firstBreak !== null) return [breakText(firstBreak, from), ...lateText(checked)].join('\n');
  return [
    `${rangeText(checked, from)}: the audit log is intact.`,
    `Last entry: ${verified.number}:${verified.hash}`,
    ...(erased > 0 ? [`Of an erased tenant, without what was erased: ${erased}`] : []),
    ...(unchained > 0 ? [`Not in the chain yet: ${unchained}`] : []),
    ...lateText(checked),
  ].join('\n');
}

function rangeText({ dropped, verified }: Verification, from: string): string {
  const [known = '0', hash] = from.split(':');
  if (hash === undefined) return `Verified entries ${dropped.number + 1} to ${verified.number}`;
  if (verified.number === Number(known)) return `Entry ${known} is the last one and has the known hash`;
  return `Entry ${known} has the known hash, and entries up to ${verified.number} continue from it`;
}

function breakText({ number, id, reason }: NonNullable<Verification['firstBreak']>, from: string): string {
  const entry = `Entry ${number}${id === null ? '' : ` (${id})`}`;
  const isKnown = from.startsWith(`${number}:`);
  switch (reason) {
    case 'missing':
      return `${entry} is missing. ${isKnown ? 'Its hash was known' : 'Those before it are intact'}.`;
    case 'changed':
      if (isKnown)
        return `${entry} has another hash than ${from}: it, or entries before it, were computed again.`;
      return `${entry} was changed. Those before it are intact.`;
    case 'dropped':
      return `${entry} has expired, so that its hash cannot be compared. Begin with a later entry.`;
  }
}

const lateText = ({ late, firstLate }: Verification): string[] =>
  firstLate === null
    ? []
    : [
        `Dated more than an hour before entries that were added before them: ${late}. The first is entry ${firstLate.number} (${firstLate.id}) ` +
          `of ${firstLate.createdAt}. They were inserted in the database, or a clock was wrong.`,
      ];
