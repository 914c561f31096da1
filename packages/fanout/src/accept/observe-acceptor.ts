import type { PublishResult } from '../events/publish-result.js';
import type { IncomingEvent } from '../events/incoming-event.js';
import { type Acceptor, oneByOne } from './accept.js';

/** What happens around the calls of an acceptor. */
export interface AcceptHook {
  /** Runs before the events of a call are stored. Rejects to refuse them. */
  before?(events: readonly IncomingEvent[]): Promise<void>;
  /** Called with the result of each event of a call. */
  after?(events: readonly IncomingEvent[], results: readonly PublishResult[]): void;
  /** Called if the events of a call could not be stored. */
  failed?(error: unknown): void;
}

/** Returns an acceptor whose calls run the hooks in their order. A call that a hook refuses runs no further ones. */
export function observeAcceptor(
  acceptor: Pick<Acceptor, 'acceptAll' | 'assertShortWait'>,
  hooks: readonly AcceptHook[],
): Pick<Acceptor, 'accept' | 'acceptAll' | 'assertShortWait'> {
  async function acceptAll(events: readonly IncomingEvent[]): Promise<PublishResult[]> {
    for (const hook of hooks) await hook.before?.(events);
    const results = await acceptor.acceptAll(events).catch((error: unknown) => {
      for (const hook of hooks) hook.failed?.(error);
      throw error;
    });
    for (const hook of hooks) hook.after?.(events, results);
    return results;
  }
  return { accept: oneByOne(acceptAll), acceptAll, assertShortWait: acceptor.assertShortWait };
}
