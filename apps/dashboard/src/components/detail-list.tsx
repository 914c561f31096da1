import { Fragment, type ReactNode } from 'react';
import classes from './detail-list.module.css';

/** A description list of names and values. Omits undefined values. */
export function DetailList({ details }: { details: Record<string, ReactNode> }) {
  const shown = Object.entries(details).filter(([, value]) => value !== undefined);
  return (
    <dl className={classes.details}>
      {shown.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
