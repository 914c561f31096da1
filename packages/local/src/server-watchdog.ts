// A small process between the supervisor and a server that does not watch its parent, such as PostgreSQL or Redis. It runs in its
// own process group, which Ctrl-C does not reach, and stops the server on request or when the supervisor is gone.
import { spawn } from 'node:child_process';
import type { WatchdogMessage, ServerCommand } from './supervised-server.js';

// The supervisor is already gone.
if (!process.connected) process.exit(1);

const command: ServerCommand = JSON.parse(process.argv[2] ?? '');
const server = spawn(command.file, command.args, {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: command.env,
  ...command.account,
});

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
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.on('exit', (code, signal) => {
  send({ type: 'ended', code, signal });
  process.exit(0);
});
