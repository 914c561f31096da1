import type { components } from '../../../generated/api.js';

export type Replay = components['schemas']['Replay'];
export type ListedReplay = components['schemas']['ListedReplay'];
