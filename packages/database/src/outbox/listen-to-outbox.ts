import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from '@posthorn/core';
import { Client } from 'pg';
import { forPg, KEEPALIVE_DELAY_MS, sessionSettings } from '../connection/connect.js';
import { CONNECT_TIMEOUT_MS } from '../connection/statement-timeouts.js';

/** The channel of the notifications of an outbox. */
export const OUTBOX_CHANNEL = 'posthorn_outbox';

/** Pauses before a lost connection is opened again, in milliseconds. */
const MIN_PAUSE_MS = 100;
const MAX_PAUSE_MS = 30_000;

/** A connection that listens, and is opened again when it is lost. */
export interface OutboxListening extends Part {
  stop(): Promise<void>;
}

/** Returns whether a URL asks for notifications, which need a direct connection. */
export const asksForNotifications = (url: string): boolean => /[?&]posthorn_notify=true\b/.test(url);

/**
 * Calls `onRows` after each commit of rows, and when the connection is opened, also again: rows may have been committed before. Notifications
 * of a lost connection are missed. Connects now, and again until it is stopped.
 */
export function listenToOutbox(url: string, onRows: () => void): OutboxListening {
  const stopping = new AbortController();
  const ended = listenUntilStopped(url, { onRows, signal: stopping.signal });
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

interface Listening {
  onRows: () => void;
  signal: AbortSignal;
}

async function listenUntilStopped(url: string, { onRows, signal }: Listening): Promise<void> {
  let pauseMs = MIN_PAUSE_MS;
  const onListening = (): void => {
    pauseMs = MIN_PAUSE_MS;
    onRows();
  };
  while (!signal.aborted) {
    // The reader reports a database that cannot be reached.
    await listenOnce(url, { onRows, onListening, signal }).catch(() => {});
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
  }
}

/** Resolves or rejects when its connection is lost, or cannot be opened. */
async function listenOnce(
  url: string,
  { onRows, onListening, signal }: Listening & { onListening: () => void },
): Promise<void> {
  const client = new Client({
    connectionString: forPg(url),
    application_name: 'posthorn outbox notifications',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
    ...sessionSettings({ url }),
  });
  // Without a listener, the 'error' event would terminate the process. 'end' follows.
  client.on('error', () => {});
  client.on('notification', onRows);
  const ended = new Promise((resolve) => client.once('end', resolve));
  // Not `client.end()`, which waits for a server that may not respond.
  const close = (): void => void client.connection.stream.destroy();
  signal.addEventListener('abort', close);
  try {
    await client.connect();
    await client.query(`LISTEN ${OUTBOX_CHANNEL}`);
    onListening();
    await ended;
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
