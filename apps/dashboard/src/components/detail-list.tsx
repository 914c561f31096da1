import { Fragment, type ReactNode } from 'react';
import classes from './detail-list.module.css';

/** Names and values of one thing, below each other. A value that is undefined is left out, with its name. */
export function DetailList({ details }: { details: Record<string, ReactNode> }) {
  const known = Object.entries(details).filter(([, value]) => value !== undefined);
  return (
    <dl className={classes.details}>
      {known.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
