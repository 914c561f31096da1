import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { AddressGuard } from './address-guard.js';
import type { ReadFreshness } from '@posthorn/core';
import { OutboundError } from './outbound-error.js';

/** The longest for resolving and connecting, and again for a TLS handshake, in milliseconds. */
const CONNECT_TIMEOUT_MS = 3000;

/**
 * After which the next address of a name is tried, in milliseconds. Node's 250 gives up on receivers at the other end
 * of the world; a refusal moves on at once.
 */
const ADDRESS_TIMEOUT_MS = 1000;

export interface ConnectionTarget {
  host: string;
  port: number;
  /** When the whole request must be over, by performance.now(). */
  deadline: number;
}

export interface ConnectionGuard {
  isAllowed: AddressGuard;
  lookup: LookupFunction;
}

/**
 * A connection to an address that may be connected to. Nothing has been written to it yet.
 * Rejects with an OutboundError or the system's error.
 */
export async function openGuardedConnection(
  target: ConnectionTarget,
  guard: ConnectionGuard,
): Promise<Socket> {
  const { host, port, deadline } = target;
  // For a literal address no lookup is ever made.
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
  const missing = () =>
    resolved ? 'There was no connection to the receiver' : `The name ${host} was not resolved`;
  await opened(socket, { event: 'connect', deadline, missing });
  if (guard.isAllowed(socket.remoteAddress ?? '')) return socket;
  socket.destroy();
  throw blockedAddress();
}

/** Gets a new permission to start for the request that a fresh connection is for, where making it took too long. */
export async function renewPermission<S extends Socket>(permission: ReadFreshness, socket: S): Promise<S> {
  try {
    if (!permission.isFresh()) await permission.refresh();
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
  /** What there is not when the time is over, as the beginning of a sentence. */
  missing: () => string;
}

/** Waits for the event that says a socket is ready; one that is not in time is destroyed. */
export async function opened(socket: Socket, wait: OpeningWait): Promise<void> {
  const timeoutMs = Math.min(CONNECT_TIMEOUT_MS, Math.max(wait.deadline - performance.now(), 0));
  const timer = setTimeout(() => {
    const limit = `${Math.round(timeoutMs) / 1000} s`;
    socket.destroy(new OutboundError('timeout', `${wait.missing()} within ${limit}`));
  }, timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(wait.event, resolve);
      // Also keeps an error from going uncaught until a request has taken the socket over.
      socket.once('error', reject);
      socket.once('close', () => reject(new OutboundError('connection_reset', 'The connection was closed')));
    });
  } finally {
    clearTimeout(timer);
  }
}

function blockedAddress(): OutboundError {
  return new OutboundError('blocked_address', 'The receiver has no address on the public internet');
}
