import * as z from 'zod/mini';
import { tokenIn } from '../access/access.js';
import { isEmbedded } from '../access/is-embedded.js';

/** How long the host page may take to create a link. */
const ANSWER_TIMEOUT_MS = 15_000;

const linkMessage = z.object({ type: z.literal('portal:link'), url: z.url() });

type OutgoingMessage =
  | { type: 'portal:link-request' | 'portal:overlay' | 'portal:expired' }
  | { type: 'portal:path'; path: string };

/** The page that embeds the portal. It gets messages only if its origin is allowed by the link. */
export class HostPage {
  readonly #origins: readonly string[];

  constructor(allowedOrigins: readonly string[]) {
    // Some browsers do not tell the origin of the parent. They deliver a message only to the origin that it names.
    const parent = window.location.ancestorOrigins?.[0];
    this.#origins = isEmbedded
      ? allowedOrigins.filter((origin) => parent === undefined || origin === parent)
      : [];
  }

  post(message: OutgoingMessage): void {
    for (const origin of this.#origins) window.parent.postMessage(message, origin);
  }

  /** Requests a new portal link. Returns its token, or null if the page does not respond in time. */
  async requestToken(): Promise<string | null> {
    if (this.#origins.length === 0) return null;
    return new Promise((resolve) => {
      const settle = (token: string | null) => {
        clearTimeout(timer);
        window.removeEventListener('message', receive);
        resolve(token);
      };
      const receive = ({ source, origin, data }: MessageEvent<unknown>) => {
        if (source !== window.parent || !this.#origins.includes(origin)) return;
        const message = linkMessage.safeParse(data);
        if (message.success) settle(tokenOf(new URL(message.data.url)));
      };
      const timer = setTimeout(() => settle(null), ANSWER_TIMEOUT_MS);
      window.addEventListener('message', receive);
      this.post({ type: 'portal:link-request' });
    });
  }
}

/** Returns the token of a link to this portal. */
const tokenOf = ({ origin, hash }: URL): string | null =>
  origin === window.location.origin ? tokenIn(hash) : null;
