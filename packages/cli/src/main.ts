import { PosthornError } from '@posthorn/sdk';
import { CommanderError } from 'commander';
import { type ApiFlags, resolveApi } from './resolve-api.js';
import { createProgram } from './program.js';
import { UsageError } from './usage-error.js';

// `posthorn … | head` closes the pipe early: not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const program = createProgram();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has already printed its own errors.
  if (!(error instanceof CommanderError)) console.error(describe(error));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  return error instanceof UsageError ? 2 : 1;
}

function describe(error: unknown): string {
  const message = messageOf(error);
  if (!program.opts<{ json?: boolean }>().json) return `posthorn: ${message}`;
  const { code, status, errors, requestId } = error instanceof PosthornError ? error : {};
  return JSON.stringify({ error: { message, code, status, errors, requestId } });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isUnreachable = error instanceof PosthornError && error.status === undefined;
  return isUnreachable ? `${error.message}: ${apiUrl()}` : error.message;
}

function apiUrl(): string {
  return resolveApi(program.opts<ApiFlags>(), process.env, process.cwd()).url;
}
