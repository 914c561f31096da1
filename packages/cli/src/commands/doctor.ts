import type { Command } from 'commander';
import { host } from '../host/host.js';
import type { ApiFlags } from '../command/resolve-api.js';
import type { Finding } from '../doctor/finding.js';
import { examples } from '../command/help.js';
import { outputOf } from '../output/output.js';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check an installation and suggest fixes')
    .addHelpText(
      'after',
      `
Checks the API: readiness, version, clock, API key and workers. With the services' environment (DATABASE_URL, REDIS_URL,
POSTHORN_…) or a local stack it also checks PostgreSQL, migrations, the encryption key, Redis, clocks and the outbound rules.
It changes nothing. Exit code 1 if a check fails (✗).
${examples('posthorn doctor', 'node --env-file=.env node_modules/.bin/posthorn doctor')}`,
    )
    .action(async (_flags: object, command: Command) => {
      const { diagnose } = await import('../doctor/doctor.js');
      const { findingText } = await import('../doctor/finding.js');
      const output = outputOf(command);
      const findings: Finding[] = [];
      for await (const finding of diagnose(command.optsWithGlobals<ApiFlags>(), host().env, host().cwd())) {
        findings.push(finding);
        if (!output.json) output.result(finding, () => findingText(finding));
      }
      const isHealthy = findings.every(({ level }) => level !== 'error');
      if (output.json) output.result({ ok: isHealthy, findings }, () => '');
      if (!isHealthy) host().exitCode = 1;
    });
}
