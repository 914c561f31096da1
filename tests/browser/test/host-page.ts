import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';

/** The built package `@posthorn/portal`. */
const PACKAGE = path.resolve(import.meta.dirname, '../../../packages/portal/dist');

/** An application of another origin that embeds the portal. */
export interface HostPage {
  origin: string;
  /** Sets the content of the page at `/`. */
  paste(html: string): void;
  /** Pastes a frame with this URL. */
  embed(url: string): void;
  /** Sets how the back end creates a link for the component at `/component`. */
  onLink(createLink: () => Promise<string>): void;
  /** How many links the component has requested. */
  links(): number;
  close(): Promise<void>;
}

const page = (body: string) => `<!doctype html>
  <html lang="en">
    <link rel="icon" href="data:," />
    <title>Settings of a shop</title>
    <h1>Settings of a shop</h1>
    ${body}
  </html>`;

/** Pages that embed the component, each between other content. */
const LAYOUTS = {
  plain: '',
  'fixed header': `
    html { scroll-padding-top: 64px; }
    h1 { position: sticky; top: 0; z-index: 1; height: 64px; margin: 0; background: #ccc; }`,
  'scroll container': 'main { height: 65vh; overflow-y: auto; border: 1px solid; }',
  'small frame': 'posthorn-portal { height: 420px; }',
};

export type HostLayout = keyof typeof LAYOUTS;

export const HOST_LAYOUTS = Object.keys(LAYOUTS) as HostLayout[];

const componentPage = (style: string) =>
  page(`
  <style>
    body { margin: 8px; }
    .other { height: 300px; }
    ${style}
  </style>
  <main>
    <div class="other">Profile</div>
    <posthorn-portal title="Webhooks of the shop"></posthorn-portal>
    <div class="other">Imprint</div>
  </main>
  <script type="module">
    import '/package/index.js';
    const portal = document.querySelector('posthorn-portal');
    const language = new URLSearchParams(location.search).get('language');
    if (language) portal.setAttribute('language', language);
    portal.addEventListener('portal-error', ({ detail }) => (document.title = detail.message));
    portal.fetchLink = async () => (await fetch('/link', { method: 'POST' })).text();
  </script>`);

export async function startHostPage(): Promise<HostPage> {
  let pasted = '';
  let createLink: (() => Promise<string>) | undefined;
  let links = 0;

  function pageAt({ pathname, searchParams }: URL): string {
    if (pathname === '/') return page(pasted);
    if (pathname !== '/component') return page('');
    return componentPage(LAYOUTS[(searchParams.get('layout') ?? 'plain') as HostLayout]);
  }

  async function handle({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const requested = new URL(url, 'http://localhost');
    const { pathname } = requested;
    if (pathname === '/link') {
      links += 1;
      response.end(await createLink?.());
    } else if (pathname.startsWith('/package/')) {
      const script = await readFile(path.join(PACKAGE, path.basename(pathname)));
      response.setHeader('content-type', 'text/javascript').end(script);
    } else {
      response.setHeader('content-type', 'text/html').end(pageAt(requested));
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(500).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('The server does not listen on a port.');
  return {
    // Not only another origin but also another site than 127.0.0.1.
    origin: `http://localhost:${address.port}`,
    paste: (html) => {
      pasted = html;
    },
    embed: (url) => {
      const src = url.replaceAll('&', '&amp;');
      pasted = `<iframe src="${src}" title="Webhooks" width="1000" height="700"></iframe>`;
    },
    onLink: (create) => {
      createLink = create;
    },
    links: () => links,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
