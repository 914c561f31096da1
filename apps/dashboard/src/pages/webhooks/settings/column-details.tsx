import type { ReactNode } from 'react';
import type { Webhook } from '../../../api/types.js';
import { formatCount, formatDuration } from '../../../components/format-number.js';
import { JsonView } from '../../../components/json-view.js';
import { Mono } from '../../../components/mono.js';
import { TagList } from '../../../components/tag-list.js';
import { type ColumnSetting, SETTING_ROWS, settingTexts } from '../column-settings.js';
import { formatDelay } from '../../../settings/retry-delay.js';
import { choiceLabel } from '../../../settings/setting-row.js';
import { t } from '../../../i18n/t.js';

const isOrdered = ({ ordering }: Webhook): boolean => ordering !== 'none';

/** The settings that are not shown by their kind. Undefined hides one. */
const OWN_DETAILS: Partial<Record<ColumnSetting, (webhook: Webhook) => ReactNode>> = {
  externalId: ({ externalId }) =>
    externalId === null ? undefined : <Mono copy={t('external ID')}>{externalId}</Mono>,
  tags: ({ tags }) => (tags.length === 0 ? undefined : <TagList tags={tags} />),
  retrySchedule: (webhook) => shownValue('retrySchedule', webhook) ?? t('No retries'),
  autoSuspendAfterDays: ({ autoSuspendAfterDays: count }) =>
    count === 0 ? t('Never') : t('After {{count}} days without a success', { count }),
  onExhausted: (webhook) => (isOrdered(webhook) ? shownValue('onExhausted', webhook) : undefined),
  maxBlockedMinutes: (webhook) => (isOrdered(webhook) ? shownValue('maxBlockedMinutes', webhook) : undefined),
  // Whether a webhook has numbers also depends on its order.
  sequence: () => undefined,
};

/** Returns the values of settings by their labels. */
export const columnDetails = (webhook: Webhook, names: readonly ColumnSetting[]): Record<string, ReactNode> =>
  Object.fromEntries(
    names.map((name) => [
      settingTexts(name).label,
      (OWN_DETAILS[name] ?? ((each) => shownValue(name, each)))(webhook),
    ]),
  );

/** Returns a value as its kind is shown; undefined for none. */
function shownValue(name: ColumnSetting, webhook: Webhook): ReactNode {
  const value = webhook[name];
  if (typeof value === 'string') return choiceLabel(SETTING_ROWS[name], value);
  if (typeof value === 'boolean') return value ? t('Yes') : undefined;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.keys(value).length === 0 ? undefined : (
      <JsonView value={value} label={settingTexts(name).label} />
    );
  }
  const texts = [value ?? []]
    .flat()
    .map((each) => (typeof each === 'number' ? formatNumber(name, each) : each));
  return texts.join(', ') || undefined;
}

const UNIT_SECONDS: Record<string, number> = { seconds: 1, minutes: 60, days: 86_400 };

function formatNumber(name: ColumnSetting, value: number): string {
  const { unit = '' } = SETTING_ROWS[name];
  if (unit === 'ms') return formatDuration(value);
  const seconds = UNIT_SECONDS[unit];
  return seconds === undefined ? formatCount(value) : formatDelay(value * seconds);
}
