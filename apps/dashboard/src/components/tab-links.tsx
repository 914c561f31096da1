import { createLink } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import classes from './tab-links.module.css';

/** Navigation between the tabs of a page. Each TabLink has its own URL. */
export function TabBar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className={classes.tabs}>
      {children}
    </nav>
  );
}

function Anchor({ children, ...props }: ComponentProps<'a'>) {
  return (
    <a {...props} className={classes.tab}>
      {children}
    </a>
  );
}

export const TabLink = createLink(Anchor);
