import { createFailurePanel } from './failure-panel.js';
import { isPortalPath, keepPath, takePath } from './kept-path.js';
import { fitIntoScrollports, VISIBLE_HEIGHT } from './scrollport.js';

/** Returns the `url` of a new portal link, created by your back end. Called at the start, and when the link has expired. */
export type FetchLink = () => Promise<string>;

export type ColorScheme = 'light' | 'dark' | 'auto';

/** The style sheet of the page overrides the rules of `:host`. */
const STYLES = `
  :host { display: block; height: var(${VISIBLE_HEIGHT}, 100dvh); max-height: var(${VISIBLE_HEIGHT}, 100dvh); }
  :host([hidden]) { display: none; }
  iframe { display: block; width: 100%; height: 100%; border: 0; }
  [role='alert'] { padding: 3rem 1rem; text-align: center; }
  button { padding: 0.5rem 1rem; border: 1px solid; border-radius: 6px; background: none; color: inherit; font: inherit; cursor: pointer; }
`;

// On a server there is no HTMLElement; importing the module must not fail there.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-extraneous-class -- never used without a DOM
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * Shows the portal in a frame that fits into the window, and gives it a new link when it needs one. Attributes: `language`,
 * `color-scheme`, and `title` for screen readers. If it has no valid link, it shows an error with a button that retries, and emits
 * `portal-error` with the error as `detail`.
 */
export class PosthornPortalElement extends Base {
  static readonly observedAttributes = ['language', 'color-scheme'];

  #fetchLink: FetchLink | null = null;
  #frame: HTMLIFrameElement | null = null;
  /** The origin of the portal. Messages of others are ignored. */
  #origin: string | null = null;
  /** The page that the portal shows. Null for its first one. */
  #path: string | null = null;

  get fetchLink(): FetchLink | null {
    return this.#fetchLink;
  }

  set fetchLink(fetchLink: FetchLink | null) {
    const isFirst = this.#fetchLink === null;
    this.#fetchLink = fetchLink;
    if (isFirst) void this.#load();
  }

  connectedCallback(): void {
    if (this.shadowRoot === null) this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [styleSheet()];
    window.addEventListener('message', this.#receive);
    window.addEventListener('resize', this.#fit);
    window.addEventListener('pagehide', this.#keepPath);
    this.#fit();
    this.#path ??= takePath();
    void this.#load();
  }

  disconnectedCallback(): void {
    window.removeEventListener('message', this.#receive);
    window.removeEventListener('resize', this.#fit);
    window.removeEventListener('pagehide', this.#keepPath);
    this.#frame = null;
    this.shadowRoot?.replaceChildren();
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before !== after) void this.#load();
  }

  async #load(): Promise<void> {
    if (!this.isConnected || this.#fetchLink === null) return;
    const frame = createFrame(this.title || 'Webhooks');
    this.#frame = frame;
    this.shadowRoot?.replaceChildren(frame);
    const url = await this.#requestLink(frame);
    if (url) frame.src = this.#pageOf(url).href;
  }

  /** Returns a new link for a frame. Shows the failure and returns null if there is none. */
  async #requestLink(frame: HTMLIFrameElement): Promise<URL | null> {
    try {
      const url = new URL((await this.#fetchLink?.()) ?? '');
      if (frame !== this.#frame) return null;
      this.#origin = url.origin;
      return url;
    } catch (error) {
      if (frame === this.#frame) this.#fail(error);
      return null;
    }
  }

  #fail(error: unknown): void {
    this.#frame = null;
    const panel = createFailurePanel(this.#languages(), () => void this.#load());
    this.shadowRoot?.replaceChildren(panel);
    this.dispatchEvent(new CustomEvent('portal-error', { detail: error }));
  }

  /** The languages to prefer, in order. */
  #languages(): string[] {
    const ofPage = this.closest('[lang]')?.getAttribute('lang');
    return [this.getAttribute('language'), ofPage, ...navigator.languages].filter((tag) => tag != null);
  }

  /** Returns the address of the current page with a new link. */
  #pageOf(link: URL): URL {
    const url = new URL(link);
    if (this.#path !== null) {
      const { pathname, searchParams } = new URL(this.#path, link);
      url.pathname = pathname;
      for (const [name, value] of searchParams) url.searchParams.set(name, value);
    }
    for (const [name, attribute] of Object.entries(PARAMETERS)) {
      const value = this.getAttribute(attribute);
      if (value !== null) url.searchParams.set(name, value);
    }
    return url;
  }

  readonly #receive = ({ source, origin, data }: MessageEvent): void => {
    const frame = this.#frame;
    if (frame === null || source !== frame.contentWindow || origin !== this.#origin) return;
    switch (data?.type) {
      case 'portal:path':
        if (isPortalPath(data.path)) this.#path = data.path;
        break;
      case 'portal:overlay':
        this.#fit();
        this.scrollIntoView({ block: 'nearest', behavior: 'instant' });
        break;
      case 'portal:link-request':
        void this.#passLink(frame, origin);
        break;
      case 'portal:expired':
        this.#fail(new Error('The link is not valid.'));
        break;
    }
  };

  async #passLink(frame: HTMLIFrameElement, origin: string): Promise<void> {
    const link = await this.#requestLink(frame);
    if (link) frame.contentWindow?.postMessage({ type: 'portal:link', url: link.href }, origin);
  }

  readonly #fit = (): void => fitIntoScrollports(this);

  readonly #keepPath = (): void => {
    if (this.#path !== null) keepPath(this.#path);
  };
}

/** The parameters of the portal's URL, and the attributes that set them. */
const PARAMETERS = { language: 'language', colorScheme: 'color-scheme' };

/** A policy of the page that forbids inline styles allows constructed style sheets. */
function styleSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  return sheet;
}

function createFrame(title: string): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.title = title;
  frame.allow = 'clipboard-write';
  return frame;
}
