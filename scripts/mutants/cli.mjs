import { mutantsIn } from './tool/mutants-in.mjs';

export default mutantsIn('packages/cli/src', [
  [
    'a broken audit log exits with 0',
    'audit/verify-audit.ts',
    `if (checked.firstBreak !== null || late > 0) host().exitCode = 1;`,
    ``,
  ],
  [
    'the audit log is verified up to the first page',
    'audit/verify-audit.ts',
    `checked.firstBreak !== null || verified.number >= last.number`,
    `checked.firstBreak !== null || verified.number >= 0`,
  ],
  [
    'the export of another tenant is continued',
    'export/export-files.ts',
    `if (others.length > 0)`,
    `if (others.length > 2)`,
  ],
  [
    'a file that is no export is overwritten',
    'files/resumable-file.ts',
    `if (unbroken === null && !beginsLike(rest, kind.beginnings(end === 0)))`,
    `if (unbroken === null && rest === '{')`,
  ],
  [
    'an existing file is replaced',
    'files/resumable-file.ts',
    `exists === 'continue' ? 'a+' : 'ax'`,
    `exists === 'continue' ? 'a+' : 'w+'`,
  ],
  [
    'a line that was cut off stays',
    'files/resumable-file.ts',
    `if (size > writtenEnd) await file.truncate(writtenEnd);`,
    ``,
  ],
  [
    'a database is released before its erasures are repeated',
    'erasures/release-after.ts',
    `for (const id of ids) await waitForErasure(id, api);`,
    ``,
  ],
  [
    'a database is released after a failed erasure',
    'erasures/release-after.ts',
    `    if (status === 'failed')\n`,
    `    if (status === 'failed' && id === '')\n`,
  ],
  [
    'a question without a terminal is confirmed',
    'command/confirm.ts',
    'if (!input.isTTY) throw new UsageError(`Not interactive. Pass ${flag} to confirm.`);',
    'if (!input.isTTY) return true;',
  ],
  [
    'any reply confirms',
    'command/confirm.ts',
    `return /^y(es)?$/i.test(reply.trim());`,
    `return reply.trim() !== '';`,
  ],
  [
    'webhooks that are not in the file are deleted without --prune',
    'configuration/plan.ts',
    `return [...changed, ...(prune ? deleted : [])];\n}\n\nconst nameOf`,
    `return [...changed, ...deleted];\n}\n\nconst nameOf`,
  ],
  [
    'tenants without webhooks in the file lose theirs',
    'configuration/plan.ts',
    `if (wanted === undefined) return [];\n  assertUnique(wanted, nameOf, 'webhook');`,
    `if (wanted === undefined) return planWebhooks({ name: tenant, webhooks: [] } as never, target, { read, present }, { prune, env });\n  assertUnique(wanted, nameOf, 'webhook');`,
  ],
  [
    'deletions come first',
    'configuration/plan.ts',
    `Number(a.action === 'delete') - Number(b.action === 'delete')`,
    `Number(b.action === 'delete') - Number(a.action === 'delete')`,
  ],
]);
