import { MantineProvider } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { access } from '../access/current-access.js';
import { createPortalTheme } from './portal-theme.js';

const Notifications = lazy(() => import('../notify/notifications.js'));

interface ThemeProviderProps {
  nonce: string | undefined;
  children: ReactNode;
}

export function ThemeProvider({ nonce, children }: ThemeProviderProps) {
  const portal = access.kind === 'portal' ? access.settings.theme : {};
  const { colorScheme: scheme } = portal;
  return (
    <MantineProvider
      {...createPortalTheme(portal)}
      defaultColorScheme="auto"
      {...((scheme === 'light' || scheme === 'dark') && { forceColorScheme: scheme })}
      {...(nonce !== undefined && { getStyleNonce: () => nonce })}
    >
      <Suspense>
        <Notifications />
      </Suspense>
      {children}
    </MantineProvider>
  );
}
