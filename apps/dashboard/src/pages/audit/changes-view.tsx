import { Text, VisuallyHidden } from '@mantine/core';
import { listChanges } from './list-changes.js';
import classes from './changes-view.module.css';
import type { AuditEntry } from './audit-entry.js';

const SIDES = { before: { sign: '−', label: 'Before:' }, after: { sign: '+', label: 'After:' } };

/** Shows the old and new value of each changed field. */
export function ChangesView({ entry }: { entry: AuditEntry }) {
  const changes = listChanges(entry);
  if (changes.length === 0) return <Text c="dimmed">No fields changed.</Text>;
  return (
    <dl className={classes.changes}>
      {changes.map(({ field, before, after }) => (
        <div key={field}>
          <dt>{field}</dt>
          <dd>
            {before !== undefined && <Value side="before">{before}</Value>}
            {after !== undefined && <Value side="after">{after}</Value>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Value({ side, children }: { side: keyof typeof SIDES; children: string }) {
  const { sign, label } = SIDES[side];
  return (
    <div className={classes.value} data-side={side}>
      <span aria-hidden>{sign}</span>
      <span>
        <VisuallyHidden>{label} </VisuallyHidden>
        {children === '' ? '""' : children}
      </span>
    </div>
  );
}
