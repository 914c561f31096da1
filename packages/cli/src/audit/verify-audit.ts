import type { components } from '@posthorn/sdk';
import type { ApiContext } from '../api-command.js';
import { host } from '../host.js';

type Verification = components['schemas']['AuditVerification'];

const PROGRESS_MS = 5000;

/** Checks the whole chain of the audit log, or until the first break, which sets the exit code 1. */
export async function verifyAudit({ api, output }: ApiContext): Promise<void> {
  let notedAtMs = performance.now();
  let erased = 0;
  for (let after = 0; ;) {
    const checked = await api.auditEntries.verify({ after });
    const { verified, last } = checked;
    erased += checked.erased;
    if (checked.firstBreak !== null || verified.number >= last.number) {
      const result = { ...checked, erased };
      output.result(result, () => resultText(result));
      if (checked.firstBreak !== null) host().exitCode = 1;
      return;
    }
    if (performance.now() - notedAtMs >= PROGRESS_MS) {
      output.note(`Verified up to entry ${verified.number} of ${last.number}`);
      notedAtMs = performance.now();
    }
    after = verified.number;
  }
}

function resultText({ firstBreak: found, dropped, verified, erased, unchained }: Verification): string {
  if (found !== null)
    return `Entry ${found.number}${found.id === null ? '' : ` (${found.id})`} ${
      found.reason === 'missing' ? 'is missing' : 'was changed'
    }. Those before it are intact.`;
  return [
    `Verified entries ${dropped.number + 1} to ${verified.number}: the audit log is intact.`,
    `Last hash: ${verified.hash}`,
    ...(erased > 0 ? [`Of an erased tenant, without what was erased: ${erased}`] : []),
    ...(unchained > 0 ? [`Not in the chain yet: ${unchained}`] : []),
  ].join('\n');
}
