import { once } from 'node:events';
import { createServer } from 'node:http';

/** A page of a product of another origin, with a frame in it. */
export interface HostPage {
  origin: string;
  /** What it shows in its frame from now on. */
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
  if (address === null || typeof address === 'string') throw new Error('not listening on a port');
  return {
    // Another site than 127.0.0.1, too.
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
