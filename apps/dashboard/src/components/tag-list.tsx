import classes from './tag-list.module.css';
import { t } from '../i18n/t.js';

/** The tags of a tenant or webhook. Nothing without one. */
export function TagList({ tags }: { tags: readonly string[] | null }) {
  if (tags === null || tags.length === 0) return null;
  return (
    <ul className={classes.tags} aria-label={t('Tags')}>
      {tags.map((tag) => (
        <li key={tag} className={classes.tag}>
          {tag}
        </li>
      ))}
    </ul>
  );
}
