import { hashAddress, type Part, SYSTEM_TENANT_ID } from '@posthorn/core';
import type { Pool } from '@posthorn/database/connection';
import { openSealer } from '@posthorn/database/encryption';
import {
  type ClaimedMail,
  claimMail,
  EMAILS_ARE_DUE,
  expireNotices,
  isUnsubscribed,
  readNotices,
  recordAbandonedMail,
  recordEmptyMail,
  recordFailedMail,
  recordSentMail,
} from '@posthorn/database/notifications';
import { ensureNotificationKey } from '@posthorn/database/settings';
import { connectSmtp, type MailResult, type Smtp } from '@posthorn/email';
import type { Quarantine } from '@posthorn/flow';
import type { Logger } from '@posthorn/runtime';
import { mailContent, mailLink, type MailLinks } from './mail-content.js';
import type { ProducerMetrics } from '../metrics/producer-metrics.js';
import type { Task } from '../tasks/task.js';

export const sendEmailTask: Task = {
  name: 'send_email',
  pauses: { intervalMs: 1000, maxIntervalMs: 60_000 },
  due: EMAILS_ARE_DUE,
  async create({ email, pool, logger, metrics, quarantine, parts }) {
    if (!email) return null;
    const key = await ensureNotificationKey(pool, await openSealer(pool, 'payload', email.payloadKeys));
    const { publicOrigin } = email;
    const smtp = connectSmtp(email.smtp);
    // A part that stops before the tasks, so that they do not wait long for a message in progress.
    const sender = createMailSender({ pool, smtp, key, publicOrigin, logger, metrics, quarantine });
    return (await parts.open(sender)).run;
  },
};

interface MailSenderDeps extends MailLinks {
  pool: Pool;
  smtp: Smtp;
  logger: Logger;
  metrics: Pick<ProducerMetrics, 'email'>;
  /** No message is sent while erased data may be back in the database. */
  quarantine: Pick<Quarantine, 'isHeld'>;
}

export interface MailSender extends Part {
  /** Sends the notices that are due. Resolves to whether it found work. */
  run(this: void): Promise<boolean>;
}

/** After a message, further notices to the same address are gathered for this time. */
const PAUSE_MINUTES = 15;
const FIRST_DELAY_SECONDS = 15;
const MAX_DELAY_SECONDS = 600;

/** Attempts after which the server may have accepted a message. After them it is not sent again: it may have arrived each time. */
const MAX_UNKNOWN_ATTEMPTS = 3;

/** After this time, in milliseconds, a run starts no further message. A stop does not wait for all of them. */
const MAX_RUN_MS = 1000;

/** Time that a message in progress has to complete at a stop, in milliseconds. */
const STOP_TIMEOUT_MS = 5000;

/**
 * Sends the notices that are due, one message per address, until none is due, the server is unavailable, or a second has passed; the
 * next run continues. A message is claimed before it is sent and recorded afterward: a kill in between sends it again, with the same id.
 * Any number of producers may run it.
 */
export function createMailSender(deps: MailSenderDeps): MailSender {
  const { pool, smtp, key, logger, metrics, quarantine } = deps;
  const stopping = new AbortController();
  return {
    async run() {
      if (quarantine.isHeld) return false;
      metrics.email('expired', await expireNotices(pool, new Date()));
      const endsAtMs = performance.now() + MAX_RUN_MS;
      for (let count = 0; performance.now() < endsAtMs; count += 1) {
        const mail = await claimMail(pool);
        if (!mail) return count > 0;
        if (!(await send(mail))) return true;
      }
      return true;
    },
    stop(deadline) {
      setTimeout(
        () => stopping.abort(new Error('The producer stopped')),
        Math.min(STOP_TIMEOUT_MS, deadline.remainingMs),
      ).unref();
      return Promise.resolve();
    },
  };

  /** Returns whether the server responded. */
  async function send(mail: ClaimedMail): Promise<boolean> {
    const found = await readNotices(pool, mail);
    // All of its notices have expired, or were replaced by newer ones. Or the owner of the address wants none.
    if (found.notices.length === 0 || (await hasUnsubscribed(mail))) {
      await recordEmptyMail(pool, mail);
      return true;
    }
    const unsubscribeUrl = mail.tenantId === SYSTEM_TENANT_ID ? null : mailLink('unsubscribe', mail, deps);
    const content = mailContent({ ...found, mail, pauseMinutes: PAUSE_MINUTES, unsubscribeUrl }, deps);
    const message = { ...content, to: mail.address, id: mail.id, unsubscribeUrl };
    // It was read from a database that was restored meanwhile. Its claim ends.
    if (quarantine.isHeld) return false;
    const result = await smtp.send(message, stopping.signal);
    if (result.status === 'sent') {
      metrics.email('sent', 1);
      await recordSentMail(pool, mail, PAUSE_MINUTES);
      return true;
    }
    await recordFailure(mail, result);
    return result.status === 'rejected';
  }

  async function recordFailure(
    mail: ClaimedMail,
    { status, error }: Exclude<MailResult, { status: 'sent' }>,
  ): Promise<void> {
    metrics.email('failed', 1);
    const unknownAttempts = mail.unknownAttempts + (status === 'unknown' ? 1 : 0);
    const isAbandoned = unknownAttempts === MAX_UNKNOWN_ATTEMPTS;
    logger.warn(isAbandoned ? 'email abandoned' : 'email not sent', { error, attempts: mail.attempts });
    if (isAbandoned) {
      const failure = { error, pauseMinutes: PAUSE_MINUTES };
      metrics.email('expired', await recordAbandonedMail(pool, mail, failure));
    } else {
      const delaySeconds =
        status === 'unknown'
          ? MAX_DELAY_SECONDS
          : Math.min(FIRST_DELAY_SECONDS * 2 ** (mail.attempts - 1), MAX_DELAY_SECONDS);
      await recordFailedMail(pool, mail, { error, delaySeconds, unknownAttempts });
    }
  }

  function hasUnsubscribed({ tenantId, address }: ClaimedMail): Promise<boolean> {
    return isUnsubscribed(pool, { tenantId, addressHash: hashAddress(address, key) });
  }
}
