import { recording, type RecordedLine } from '../compare/read-recordings.js';
import type { FileKind } from '../files/resumable-file.js';

/** A recording: requests of another system. */
export const RECORDING: FileKind<RecordedLine> = {
  name: 'a recording',
  parse: (text) => recording.parse(JSON.parse(text)),
  beginnings: () => ['{"webhook":"', '{"tenant":"', '{"event":"'],
};
