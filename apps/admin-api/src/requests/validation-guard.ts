import {
  KeyedSemaphore,
  newId,
  parseUrl,
  PosthornError,
  settlesWithin,
  reason,
  type ReasonCode,
} from '@posthorn/core';
import {
  type UnconfirmedCount,
  UNCONFIRMED_WINDOW_MS,
  type UnconfirmedLimits,
  type UnconfirmedScope,
  type UnconfirmedValidations,
  type ValidationRequest,
} from '@posthorn/flow';
import type { Logger } from '@posthorn/runtime';
import { networkOf } from '../http/client-address.js';

/** A webhook and its URL to validate. */
type ValidationSubject = Pick<ValidationRequest, 'webhookId' | 'tenantId' | 'url'>;

/** A validation whose request is counted. */
export interface CountedValidation {
  /** Counts the address that the request is about to be sent to. Returns false if it has reached its limit. */
  admits: (address: string) => Promise<boolean>;
  /** @throws PosthornError if the address was not admitted, so that nothing was sent */
  assertAdmitted(): void;
  /** Sets whether the count stays: whether a request may have been sent to which nobody has agreed. Default: false. */
  keep(isUnconfirmed: boolean): void;
  /** Ends the validation, and takes the count back unless it stays. Call it exactly once. Never rejects: the counts expire anyway. */
  end(): Promise<void>;
}

/** Limits validation requests that nobody confirms: Posthorn must not be a relay to hosts whose owners did not agree. */
export interface ValidationGuard {
  /** Counts a request before it is sent. @throws PosthornError `too_many_validations` or `unavailable` */
  begin(subject: ValidationSubject): Promise<CountedValidation>;
  /** Takes back the counts of a webhook and its URL, whose owner has agreed. Never rejects: the counts expire anyway. */
  confirmed(subject: Pick<ValidationSubject, 'webhookId' | 'url'>): Promise<void>;
}

/**
 * Maximum number of validations of a tenant at one host in progress in one process. Further ones wait, so that many at once of a receiver
 * that confirms them never reach a limit.
 */
const MAX_IN_PROGRESS = 20;
const MAX_WAITING = 2000;
const MAX_WAIT_MS = 8000;

/** Longest time that a call waits for counts to be taken back, in milliseconds. */
const REMOVAL_TIMEOUT_MS = 1000;

const WINDOW_MINUTES = UNCONFIRMED_WINDOW_MS / 60_000;

/** Returns the limits that belong to the limit of a tenant. */
export function unconfirmedLimits(perTenant: number): UnconfirmedLimits {
  return { perWebhook: Math.ceil(perTenant / 10), perTenant, perTarget: perTenant * 3 };
}

interface ValidationGuardOptions {
  unconfirmed: Pick<UnconfirmedValidations, 'count' | 'countAddress' | 'remove' | 'removeConfirmed'>;
  logger: Pick<Logger, 'warn'>;
  /** Maximum number of validations of a tenant at one host in progress in this process. */
  maxInProgress?: number;
}

export function createValidationGuard({
  unconfirmed,
  logger,
  maxInProgress = MAX_IN_PROGRESS,
}: ValidationGuardOptions): ValidationGuard {
  const turns = new KeyedSemaphore({ permits: maxInProgress, maxWaiting: MAX_WAITING });

  return {
    async begin(subject) {
      const request = { ...subject, id: newId(), host: hostAndPort(subject.url) };
      const end = await turns.acquire(`${request.tenantId} ${request.host}`, MAX_WAIT_MS);
      if (!end) throw tooManyInProgress();
      try {
        assertOk(await unlessUnavailable(unconfirmed.count(request)));
      } catch (error) {
        end();
        throw error;
      }
      let refusal: unknown = null;
      let isKept = false;
      return {
        async admits(address) {
          try {
            assertOk(await unlessUnavailable(unconfirmed.countAddress(request, networkOf(address))));
            return true;
          } catch (error) {
            refusal = error;
            return false;
          }
        },
        assertAdmitted() {
          if (refusal !== null) throw refusal;
        },
        keep(isUnconfirmed) {
          isKept = isUnconfirmed;
        },
        async end() {
          end();
          if (isKept && refusal === null) return;
          await removed(
            unconfirmed.remove(request),
            'a validation request that was not sent still counts; it expires',
          );
        },
      };
    },
    confirmed: (subject) =>
      removed(unconfirmed.removeConfirmed(subject), 'confirmed validation requests still count; they expire'),
  };

  async function removed(removal: Promise<void>, warning: string): Promise<void> {
    try {
      if (!(await settlesWithin(removal, REMOVAL_TIMEOUT_MS))) throw new Error('timed out');
    } catch (error) {
      logger.warn(warning, { error });
    }
  }
}

/** Returns host and port of a URL. A name with the dot of the root is the same host. Nothing is sent to an invalid URL. */
function hostAndPort(url: string): string {
  const parsed = parseUrl(url);
  if (!parsed) return 'invalid';
  const { hostname, port, protocol } = parsed;
  return `${hostname.replace(/\.$/, '')}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** Without Redis there is no limit over all processes, so nothing is sent. */
async function unlessUnavailable<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    throw new PosthornError('unavailable', {
      detail: 'The validation request was not sent: a part of the service is unavailable. Retry shortly.',
      cause,
    });
  }
}

const REASONS = {
  webhook: 'validations_of_webhook',
  tenant: 'validations_of_tenant',
  host: 'validations_to_host',
  address: 'validations_to_address',
} as const satisfies Record<UnconfirmedScope, ReasonCode>;

function assertOk(count: UnconfirmedCount): void {
  if (count.ok) return;
  const { scope, limit, retryAfterMs } = count;
  const retryAfter = Math.ceil(retryAfterMs / 1000);
  throw new PosthornError('too_many_validations', {
    reason: reason(REASONS[scope], { limit, minutes: WINDOW_MINUTES, seconds: retryAfter }),
    extra: { scope, limit, retryAfter },
  });
}

function tooManyInProgress(): PosthornError {
  return new PosthornError('too_many_requests', {
    reason: reason('validations_in_progress'),
    extra: { retryAfter: 1 },
  });
}
