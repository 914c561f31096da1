import { Center } from '@mantine/core';
import type { ReactNode } from 'react';
import { Logo } from './logo.js';

/** A page without the navigation, which shows whose page it is. */
export function BarePage({ children }: { children: ReactNode }) {
  return (
    <main>
      <Center pt={48}>
        <Logo />
      </Center>
      {children}
    </main>
  );
}
