import { PosthornError } from '@posthorn/sdk';
import { type Command, CommanderError } from 'commander';
import { host, type Host, runOn } from './host/host.js';
import { write } from './output/output.js';
import { printable } from './output/style.js';
import { createProgram } from './program.js';
import { type ApiFlags, resolveApi } from './command/resolve-api.js';
import { UsageError } from './command/usage-error.js';

/** Runs a command. Sets the exit code of the host unless it is 0. */
export async function run(args: string[], on: Host): Promise<void> {
  await runOn(on, async () => {
    const program = createProgram();
    try {
      await program.parseAsync(args, { from: 'user' });
    } catch (error) {
      on.exitCode = exitCodeOf(error);
      // Commander has already printed its own errors.
      if (!(error instanceof CommanderError)) write('stderr', `${describe(error, program)}\n`);
    }
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UsageError ? 2 : 1;
}

function describe(error: unknown, program: Command): string {
  const { json, ...flags } = program.opts<ApiFlags & { json?: boolean }>();
  const message = messageOf(error, flags);
  if (!json) return `posthorn: ${printable(message)}`;
  const { code, status, errors, requestId } = error instanceof PosthornError ? error : {};
  return JSON.stringify({ error: { message, code, status, errors, requestId } });
}

function messageOf(error: unknown, flags: ApiFlags): string {
  if (!(error instanceof Error)) return String(error);
  const isUnreachable = error instanceof PosthornError && error.status === undefined;
  return isUnreachable
    ? `${error.message}: ${resolveApi(flags, host().env, host().cwd()).url}`
    : error.message;
}
