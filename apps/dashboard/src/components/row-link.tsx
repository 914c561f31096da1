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

/** The link of a row in a DataTable, in its first column: it covers the whole row. */
export const RowLink = createLink(Anchor);
