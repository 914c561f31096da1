import { describeConnectError, describeDatabase } from '@posthorn/database/connection';
import { openOutbox, readWholeOutboxState } from '@posthorn/database/outbox';
import type { OutboxConfig } from '@posthorn/runtime/config';
import { error, type Finding, ok, warning } from './finding.js';

const CHECK = 'outbox';
const STATEMENT_TIMEOUT_MS = 5000;

/** An older row is not read, or cannot be stored, in seconds. */
const OLD_S = 60;

/** Checks that an outbox can be read, and that it is emptied. */
export async function checkOutbox({ name, url }: OutboxConfig): Promise<Finding> {
  const source = await openOutbox({
    url,
    applicationName: 'posthorn doctor',
    max: 1,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    const { rows, oldestSeconds } = await readWholeOutboxState(source);
    if (oldestSeconds <= OLD_S) return ok(CHECK, `${name} has ${rows === 1 ? '1 row' : `${rows} rows`}`);
    return warning(
      CHECK,
      `${name} is not emptied: its oldest row is ${Math.round(oldestSeconds)} s old`,
      'See "PosthornOutboxStuck" in docs/alerts.md.',
    );
  } catch (failure) {
    return error(
      CHECK,
      `${name} at ${describeDatabase(url)} cannot be read: ${describeConnectError(failure)}`,
      'Run `posthorn outbox install`, and check its URL in POSTHORN_OUTBOXES and the rights of its role.',
    );
  } finally {
    await source.stop();
  }
}
