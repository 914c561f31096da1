import type { Command } from 'commander';
import type { ApiFlags } from '../resolve-api.js';
import type { Finding } from '../doctor/finding.js';
import { examples } from '../examples.js';
import { outputOf } from '../output/output.js';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check an installation, and say what to do')
    .addHelpText(
      'after',
      `
Of the API it checks: is it ready, its version, its clock, the key, the workers. With the environment of the services
(DATABASE_URL, REDIS_URL, POSTHORN_…), or beside a local stack, it checks PostgreSQL and its migrations, the encryption key,
Redis, the clocks and what webhooks may point at, too. It changes nothing. Exit code 1 when something is wrong (✗).
${examples('posthorn doctor', 'node --env-file=.env node_modules/.bin/posthorn doctor')}`,
    )
    .action(async (_flags: object, command: Command) => {
      const { diagnose } = await import('../doctor/doctor.js');
      const { findingText } = await import('../doctor/finding.js');
      const output = outputOf(command);
      const findings: Finding[] = [];
      for await (const finding of diagnose(command.optsWithGlobals<ApiFlags>(), process.env, process.cwd())) {
        findings.push(finding);
        if (!output.json) output.result(finding, () => findingText(finding));
      }
      const isWell = findings.every(({ level }) => level !== 'error');
      if (output.json) output.result({ ok: isWell, findings }, () => '');
      if (!isWell) process.exitCode = 1;
    });
}
