import './theme/mantine.css';
import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './theme/global.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { hostPage } from './api/api.js';
import { createQueryClient } from './api/query-client.js';
import { SESSION_QUERY } from './api/session.js';
import { reportLocation } from './portal/report-location.js';
import { reportOverlays } from './portal/report-overlays.js';
import { createAppRouter } from './router.js';
import { readNonce } from './theme/nonce.js';
import { ThemeProvider } from './theme/theme-provider.js';

const nonce = readNonce(document);
// react-remove-scroll adds a <style> when a dialog opens.
if (nonce !== undefined) setNonce(nonce);

const queryClient = createQueryClient(() => {
  const { queryKey } = SESSION_QUERY;
  // Handle the first 401 only. A 401 of the session query itself is handled by the route.
  const session = queryClient.getQueryState(queryKey);
  if (session?.data === undefined || session.isInvalidated) return;
  // Keep the data: components in view read it until the route has redirected.
  void queryClient.invalidateQueries({ queryKey, refetchType: 'none' });
  void router.invalidate();
});
const router = createAppRouter({ queryClient });

if (hostPage !== null) {
  reportLocation(router, hostPage);
  reportOverlays(hostPage);
}

const root = document.querySelector('#root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <ThemeProvider nonce={nonce}>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </ThemeProvider>
  </StrictMode>,
);
