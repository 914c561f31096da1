import type { ReactNode } from 'react';
import classes from './link-list.module.css';

/** A short list of links in a flush Panel. */
export function LinkList({ children }: { children: ReactNode }) {
  return <ul className={classes.list}>{children}</ul>;
}

interface LinkListItemProps {
  /** A RowLink, which covers the item. */
  link: ReactNode;
  /** Shown below the link. */
  note?: ReactNode;
  /** Shown at the end of the line. */
  aside?: ReactNode;
}

export function LinkListItem({ link, note, aside }: LinkListItemProps) {
  return (
    <li className={classes.item}>
      <div className={classes.main}>
        {link}
        {note !== undefined && <div className={classes.note}>{note}</div>}
      </div>
      {aside !== undefined && <div className={classes.aside}>{aside}</div>}
    </li>
  );
}
