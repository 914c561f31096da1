import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { access } from '../api/api.js';
import { createPortalTheme } from './portal-theme.js';

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
      <Notifications position="top-center" />
      {children}
    </MantineProvider>
  );
}
