export { countUsage, readUsageCountedUntil } from './count-usage.js';
export {
  readUsage,
  type UsageFilter,
  type UsagePage,
  type UsagePosition,
  type UsageRow,
} from './read-usage.js';
