import * as z from 'zod/mini';
import type { HostPage } from './host-page.js';
import { dropTabToken } from '../access/tab-token.js';
import { t } from '../i18n/t.js';

const session = z.object({ holder: z.object({ tenantId: z.nullable(z.string()) }) });

const SESSION_PATH = '/v1/session';
const UNAUTHORIZED = 401;
const CHECK_LIMIT_MS = 15_000;

/** Adds the token of the portal link to calls, and requests a new one from the host page when it is rejected. */
export class PortalSession {
  #token: string | null;
  readonly #host: HostPage;
  #renewal: Promise<string | null> | null = null;
  /** Undefined until the session was loaded first. */
  #tenantId: string | null | undefined;

  constructor(token: string | null, host: HostPage) {
    this.#token = token;
    this.#host = host;
  }

  /** Like `fetch`. A call with a rejected token had no effect, so it is repeated with a new one. */
  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const repeated = request.clone();
    const used = this.#token;
    const response = used === null ? unauthorized() : await this.#send(request, used);
    if (response.status !== UNAUTHORIZED) return response;
    // Another call may have renewed the token meanwhile.
    const token = this.#token === used ? await this.#renew() : this.#token;
    return token === null ? response : this.#send(repeated, token);
  };

  async #send(request: Request, token: string): Promise<Response> {
    request.headers.set('authorization', `Bearer ${token}`);
    const response = await fetch(request);
    if (response.ok && new URL(request.url).pathname === SESSION_PATH) {
      this.#tenantId ??= session.parse(await response.clone().json()).holder.tenantId;
    }
    return response;
  }

  #renew(): Promise<string | null> {
    this.#renewal ??= this.#requestToken().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #requestToken(): Promise<string | null> {
    dropTabToken();
    const token = await this.#host.requestToken();
    this.#token = token !== null && (await this.#isOfSameTenant(token)) ? token : null;
    return this.#token;
  }

  /** A token of another tenant would mix the data of both in one page. */
  async #isOfSameTenant(token: string): Promise<boolean> {
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(CHECK_LIMIT_MS);
    const response = await fetch(SESSION_PATH, { headers, credentials: 'omit', signal });
    // The server is unavailable, which says nothing about the token. The next call requests one again.
    if (response.status >= 500) throw new Error(`The server responded with ${response.status}`);
    if (!response.ok) return false;
    const { tenantId } = session.parse(await response.json()).holder;
    this.#tenantId ??= tenantId;
    return this.#tenantId === tenantId;
  }
}

const unauthorized = () =>
  Response.json(
    { title: t('The link is no longer valid'), status: UNAUTHORIZED, code: 'unauthorized' },
    { status: UNAUTHORIZED },
  );
