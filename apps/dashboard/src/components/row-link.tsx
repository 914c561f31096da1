import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';
import classes from './data-table.module.css';

function Anchor({ children, ...props }: ComponentProps<'a'>) {
  return (
    <a {...props} className={classes.link}>
      {children}
    </a>
  );
}

/** The link in the first column of a DataTable. Its click area covers the row. */
export const RowLink = createLink(Anchor);
