import { FilterMultiSelect } from '../../components/filter-multi-select.js';
import { statusLabel } from '../../components/status-badge.js';
import { t } from '../../i18n/t.js';

const STATUSES = [
  { value: 'pending', label: statusLabel('pending') },
  { value: 'retrying', label: t('Retrying') },
  { value: 'held', label: t('Held') },
  { value: 'succeeded', label: statusLabel('succeeded') },
  { value: 'failed', label: statusLabel('failed') },
  { value: 'dropped', label: statusLabel('dropped') },
  { value: 'available', label: statusLabel('available') },
];

export function StatusFilter() {
  return (
    <FilterMultiSelect param="status" label={t('Status')} placeholder={t('Any status')} data={STATUSES} />
  );
}

const RESPONSES = [
  ...[
    '2xx',
    '3xx',
    '4xx',
    '5xx',
    '400',
    '401',
    '403',
    '404',
    '408',
    '410',
    '413',
    '429',
    '500',
    '502',
    '503',
    '504',
  ].map((value) => ({ value, label: value })),
  { value: 'none', label: t('No response') },
];

/** Filters by the HTTP status of the last attempt. Any status can be typed. */
export function ResponseStatusFilter() {
  return (
    <FilterMultiSelect
      param="responseStatus"
      label={t('Last HTTP status')}
      placeholder={t('Any HTTP status')}
      data={RESPONSES}
      other={/^[1-5][0-9]{2}$/}
    />
  );
}
