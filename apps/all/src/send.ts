import type { Worker } from 'node:cluster';
import type { ToMember } from './messages.js';

/** Sends a message to a process of the group. It is lost if the process has exited. */
export function send(worker: Worker, message: ToMember): void {
  if (worker.isConnected()) worker.send(message, () => {});
}
