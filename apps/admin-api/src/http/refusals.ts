import type { PosthornError } from '@posthorn/core';

/** How long refusals are collected, in milliseconds. */
const INTERVAL_MS = 25;

/** Whether the API itself has refused a call, as in an overload: the call caused no error, and a stack would say nothing. */
export const isRefusal = ({ code, cause }: PosthornError): boolean =>
  code === 'unavailable' && cause === undefined;

let waiting: (() => void)[] = [];

/** Sends the response of a refused call, together with the responses of the calls that are refused in the next milliseconds: this costs less. */
export function sendWithNext(send: () => void): void {
  waiting.push(send);
  if (waiting.length === 1) setTimeout(sendWaiting, INTERVAL_MS);
}

function sendWaiting(): void {
  const sends = waiting;
  waiting = [];
  for (const send of sends) send();
}
