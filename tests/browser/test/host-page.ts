import { once } from 'node:events';
import { createServer } from 'node:http';

/** A page of another origin that embeds a URL in a frame. */
export interface HostPage {
  origin: string;
  /** Sets the URL of the frame. */
  embed(url: string): void;
  close(): Promise<void>;
}

export async function startHostPage(): Promise<HostPage> {
  let embedded = 'about:blank';
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(`<!doctype html>
      <html lang="en">
        <link rel="icon" href="data:," />
        <title>Settings of a shop</title>
        <h1>Settings of a shop</h1>
        <iframe src="${embedded.replaceAll('&', '&amp;')}" title="Webhooks" width="1000" height="700"></iframe>
      </html>`);
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
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
