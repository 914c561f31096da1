import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { AddressGuard } from './address-guard.js';
import type { ReadFreshness } from '@posthorn/core';
import { OutboundError } from './outbound-error.js';

/** Timeout for resolving and connecting, and again for the TLS handshake, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 3000;

/**
 * Timeout of one address of a name before the next is tried, in milliseconds. Node's default of 250 is too short for distant
 * receivers. A refused connection moves on immediately.
 */
export const ADDRESS_TIMEOUT_MS = 1000;

/** Returns whether a request may be sent to an address. */
export type AdmitAddress = (address: string) => Promise<boolean>;

/** A host to connect to, and the freshness of the read behind the request. */
export interface ConnectionTarget extends ReadFreshness {
  host: string;
  port: number;
  /** The deadline of the whole request, by performance.now(). */
  deadline: number;
  /** Decides about an address that the guard allows. */
  admits?: AdmitAddress | undefined;
}

export interface ConnectionGuard {
  isAllowed: AddressGuard;
  lookup: LookupFunction;
}

/**
 * Opens a connection to an allowed address. Nothing has been written to it yet. Rejects with an OutboundError or a system
 * error.
 */
export async function openGuardedConnection(
  target: ConnectionTarget,
  guard: ConnectionGuard,
): Promise<Socket> {
  const { host, port, deadline, admits } = target;
  // The lookup does not check literal addresses: it is not called for them.
  if (isIP(host) !== 0 && !guard.isAllowed(host)) throw blockedAddress();
  const socket = connect({
    host,
    port,
    lookup: guard.lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    noDelay: true,
  });
  let resolved = isIP(host) !== 0;
  socket.once('lookup', () => {
    resolved = true;
  });
  const phase = () => (resolved ? 'Connecting to the receiver' : `Resolving the host name ${host}`);
  await waitUntilOpen(socket, { event: 'connect', deadline, phase });
  try {
    await assertAdmitted(socket.remoteAddress ?? '', { isAllowed: guard.isAllowed, admits });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** @throws OutboundError `blocked_address` */
export async function assertAdmitted(
  address: string,
  { isAllowed, admits }: Pick<ConnectionGuard, 'isAllowed'> & Pick<ConnectionTarget, 'admits'>,
): Promise<void> {
  if (!isAllowed(address) || (admits && !(await admits(address)))) throw blockedAddress();
}

/** Refreshes the read behind a request if it went stale while its connection was opened. Returns the socket. */
export async function refreshIfStale<S extends Socket>(freshness: ReadFreshness, socket: S): Promise<S> {
  try {
    if (!freshness.isFresh()) await freshness.refresh();
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return socket;
}

interface OpeningWait {
  event: 'connect' | 'secureConnect';
  /** By performance.now(). */
  deadline: number;
  /** Returns what timed out, as the start of a sentence. */
  phase: () => string;
}

/** Waits until a socket is ready. Destroys it with a `timeout` error if it is not ready in time. */
export async function waitUntilOpen(socket: Socket, wait: OpeningWait): Promise<void> {
  const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, Math.max(wait.deadline - performance.now(), 0));
  const timer = setTimeout(() => {
    const limit = `${Math.round(timeoutMs) / 1000} s`;
    socket.destroy(new OutboundError('timeout', `${wait.phase()} timed out after ${limit}`));
  }, timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(wait.event, resolve);
      // Also handles errors until a request takes over the socket; otherwise they would be uncaught.
      socket.once('error', reject);
      socket.once('close', () => reject(new OutboundError('connection_reset', 'The connection was closed')));
    });
  } finally {
    clearTimeout(timer);
  }
}

export function blockedAddress(): OutboundError {
  return new OutboundError('blocked_address', 'The receiver has no allowed address');
}
