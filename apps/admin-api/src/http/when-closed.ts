import type { Response } from 'express';

/** Calls `onClosed` when a response is closed, also if the client disconnected before. */
export function whenClosed(response: Response, onClosed: () => void): void {
  if (response.closed) onClosed();
  else response.once('close', onClosed);
}
