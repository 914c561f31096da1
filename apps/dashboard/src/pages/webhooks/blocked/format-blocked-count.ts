import { formatCount } from '../../../components/format-number.js';

/** The API counts no further. */
const MAX_COUNTED = 1000;

/** `12`, `1,000+` */
export const formatBlockedCount = (count: number): string =>
  count < MAX_COUNTED ? formatCount(count) : `${formatCount(MAX_COUNTED)}+`;
