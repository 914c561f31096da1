import { FilterMultiSelect } from './filter-multi-select.js';
import { t } from '../i18n/t.js';

const TAG = /^[A-Za-z0-9_.:-]{1,50}$/;

/** Filters a list by tags that all of its rows have. Offers the tags of the loaded rows; others can be typed. */
export function TagFilter({ rows }: { rows: readonly { tags: readonly string[] | null }[] }) {
  const known = [...new Set(rows.flatMap(({ tags }) => tags ?? []))].toSorted();
  return (
    <FilterMultiSelect
      param="tag"
      label={t('Tags')}
      placeholder={t('Any tag')}
      data={known.map((tag) => ({ value: tag, label: tag }))}
      other={TAG}
    />
  );
}
