import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';

/** The built package `@posthorn/portal`. */
const PACKAGE = path.resolve(import.meta.dirname, '../../../packages/portal/dist');

/** An application of another origin that embeds the portal. */
export interface HostPage {
  origin: string;
  /** Sets the URL of the frame at `/`. */
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

const COMPONENT = page(`
  <posthorn-portal title="Webhooks of the shop"></posthorn-portal>
  <script type="module">
    import '/package/index.js';
    const portal = document.querySelector('posthorn-portal');
    const language = new URLSearchParams(location.search).get('language');
    if (language) portal.setAttribute('language', language);
    portal.fetchLink = async () => (await fetch('/link', { method: 'POST' })).text();
  </script>`);

export async function startHostPage(): Promise<HostPage> {
  let embedded = 'about:blank';
  let createLink: (() => Promise<string>) | undefined;
  let links = 0;

  function pageAt(pathname: string): string {
    if (pathname === '/component') return COMPONENT;
    if (pathname !== '/') return page('');
    const src = embedded.replaceAll('&', '&amp;');
    return page(`<iframe src="${src}" title="Webhooks" width="1000" height="700"></iframe>`);
  }

  async function handle({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(url, 'http://localhost');
    if (pathname === '/link') {
      links += 1;
      response.end(await createLink?.());
    } else if (pathname.startsWith('/package/')) {
      const script = await readFile(path.join(PACKAGE, path.basename(pathname)));
      response.setHeader('content-type', 'text/javascript').end(script);
    } else {
      response.setHeader('content-type', 'text/html').end(pageAt(pathname));
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
    embed: (url) => {
      embedded = url;
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
