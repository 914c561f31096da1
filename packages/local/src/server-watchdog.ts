// A small process between the supervisor and a server that does not watch its parent, such as PostgreSQL or Redis. It runs in its
// own process group, which Ctrl-C does not reach, and stops the server on request or when the supervisor is gone. It writes the server's
// output to a file that it rotates.
import { spawn } from 'node:child_process';
import { RotatingFile } from '@posthorn/runtime/rotating-file';
import type { WatchdogMessage, WatchdogOptions } from './supervised-server.js';

// The supervisor is already gone.
if (!process.connected) process.exit(1);

/** Time for the last output of a server that has ended, in milliseconds. Its own children may keep the pipe open. */
const OUTPUT_TIMEOUT_MS = 1000;

const { command, logFile }: WatchdogOptions = JSON.parse(process.argv[2] ?? '');
const log = new RotatingFile(logFile);
const server = spawn(command.file, command.args, {
  stdio: ['ignore', 'pipe', 'pipe'],
  env: command.env,
  ...command.account,
});

for (const output of [server.stdout, server.stderr]) output.on('data', (text: Buffer) => log.write(text));

function send(message: WatchdogMessage): void {
  if (process.connected) process.send?.(message);
}

function stop(): void {
  server.kill('SIGCONT');
  server.kill(command.stopSignal);
  setTimeout(() => server.kill('SIGKILL'), command.stopTimeoutMs).unref();
}

process.on('SIGTERM', stop);
process.on('SIGINT', () => undefined);
process.on('disconnect', stop);

server.on('spawn', () => send({ type: 'started', pid: server.pid ?? 0 }));
server.on('error', (error) => {
  log.write(Buffer.from(`${error.message}\n`));
  process.exit(1);
});
server.on('exit', (code, signal) => {
  send({ type: 'ended', code, signal });
  setTimeout(() => process.exit(0), OUTPUT_TIMEOUT_MS);
});
server.on('close', () => process.exit(0));
