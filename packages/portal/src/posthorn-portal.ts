/** Returns the `url` of a new portal link, created by your back end. Called at the start, and when the link has expired. */
export type FetchLink = () => Promise<string>;

export type ColorScheme = 'light' | 'dark' | 'auto';

const DEFAULT_MAX_HEIGHT = 1600;

// On a server there is no HTMLElement; importing the module must not fail there.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-extraneous-class -- never used without a DOM
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * Shows the portal in a frame that is as high as its content, and gives it a new link when it needs one. Attributes: `language`,
 * `color-scheme`, `max-height` in pixels, and `title` for screen readers. Emits `portal-error` with the error as `detail` if no
 * link could be fetched.
 */
export class PosthornPortalElement extends Base {
  static readonly observedAttributes = ['language', 'color-scheme'];

  #fetchLink: FetchLink | null = null;
  #frame: HTMLIFrameElement | null = null;
  /** The origin of the portal. Messages of others are ignored. */
  #origin: string | null = null;

  get fetchLink(): FetchLink | null {
    return this.#fetchLink;
  }

  set fetchLink(fetchLink: FetchLink | null) {
    const isFirst = this.#fetchLink === null;
    this.#fetchLink = fetchLink;
    if (isFirst) this.#load();
  }

  connectedCallback(): void {
    window.addEventListener('message', this.#receive);
    this.#load();
  }

  disconnectedCallback(): void {
    window.removeEventListener('message', this.#receive);
    this.#frame?.remove();
    this.#frame = null;
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before === after || this.#frame === null) return;
    this.#frame.remove();
    this.#frame = null;
    this.#load();
  }

  #load(): void {
    if (!this.isConnected || this.#frame !== null || this.#fetchLink === null) return;
    const frame = createFrame(this.title || 'Webhooks');
    this.#frame = frame;
    (this.shadowRoot ?? this.attachShadow({ mode: 'open' })).append(frame);
    void this.#withLink((url) => {
      for (const [name, attribute] of Object.entries(PARAMETERS)) {
        const value = this.getAttribute(attribute);
        if (value !== null) url.searchParams.set(name, value);
      }
      frame.src = url.href;
    });
  }

  /** Fetches a link and passes it on. */
  async #withLink(use: (url: URL) => void): Promise<void> {
    try {
      const url = new URL((await this.#fetchLink?.()) ?? '');
      this.#origin = url.origin;
      use(url);
    } catch (error) {
      this.dispatchEvent(new CustomEvent('portal-error', { detail: error }));
    }
  }

  readonly #receive = ({ source, origin, data }: MessageEvent): void => {
    const frame = this.#frame;
    if (frame === null || source !== frame.contentWindow || origin !== this.#origin) return;
    if (data?.type === 'portal:height' && Number.isFinite(data.height)) this.#resize(frame, data.height);
    if (data?.type === 'portal:link-request') {
      void this.#withLink(({ href }) =>
        frame.contentWindow?.postMessage({ type: 'portal:link', url: href }, origin),
      );
    }
  };

  /** The height is limited, so that a long list loads as it is scrolled. */
  #resize(frame: HTMLIFrameElement, height: number): void {
    const maxHeight = Number(this.getAttribute('max-height') ?? DEFAULT_MAX_HEIGHT);
    frame.style.height = `${Math.min(height, maxHeight)}px`;
  }
}

/** The parameters of the portal's URL, and the attributes that set them. */
const PARAMETERS = { language: 'language', colorScheme: 'color-scheme' };

function createFrame(title: string): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.title = title;
  frame.allow = 'clipboard-write';
  Object.assign(frame.style, { display: 'block', width: '100%', height: '480px', border: '0' });
  return frame;
}
