export { aggregateStats, type StatsPeriod } from './aggregate-stats.js';
export { readLastStatsMinute } from './read-last-stats-minute.js';
export { readStatsWork } from './read-stats-work.js';
