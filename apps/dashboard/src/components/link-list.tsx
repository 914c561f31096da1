import type { ReactNode } from 'react';
import classes from './link-list.module.css';

/** A short list in a flush Panel, each item of which leads somewhere. */
export function LinkList({ children }: { children: ReactNode }) {
  return <ul className={classes.list}>{children}</ul>;
}

interface LinkListItemProps {
  /** A RowLink: it covers the item. */
  link: ReactNode;
  /** Below the link. */
  note?: ReactNode;
  /** At the end of the line. */
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
