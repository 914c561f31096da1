import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { access } from '../api/api.js';
import { portalThemeOf } from './portal-theme.js';
import { contrast, theme } from './theme.js';

interface ThemeProviderProps {
  nonce: string | undefined;
  children: ReactNode;
}

export function ThemeProvider({ nonce, children }: ThemeProviderProps) {
  const scheme = access.kind === 'portal' ? access.theme.colorScheme : undefined;
  return (
    <MantineProvider
      theme={access.kind === 'portal' ? portalThemeOf(access.theme) : theme}
      cssVariablesResolver={contrast}
      defaultColorScheme="auto"
      {...((scheme === 'light' || scheme === 'dark') && { forceColorScheme: scheme })}
      {...(nonce !== undefined && { getStyleNonce: () => nonce })}
    >
      <Notifications position="bottom-right" />
      {children}
    </MantineProvider>
  );
}
