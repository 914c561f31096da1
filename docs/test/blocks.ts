// The code of a page: what a reader would run, and what the page says comes of it.

export interface Block {
  page: string;
  line: number;
  language: string;
  /** What stands behind the language: the name of the file that the code is, or `output`. */
  note: string;
  code: string;
  /** The comment in the line before it. */
  mark: Mark | null;
}

export type Mark =
  /** It cannot be run here, and why. */
  | { kind: 'not run'; reason: string }
  /** The test that runs it. */
  | { kind: 'run in'; file: string };

/** What a reader would run. Blocks of other languages are data, pictures and text. */
const CODE = new Set(['sh', 'bash', 'js', 'ts', 'tsx', 'python', 'go', 'java', 'rust', 'sql']);

const FENCE = /^```(?<language>\w*) *(?<note>.*)$/;
const MARK = /^<!-- (?<kind>not run|run in): (?<what>.+) -->$/;

export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  let mark: Mark | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = FENCE.exec(line)?.groups;
    if (open && line === '```') {
      blocks.push(open);
      open = null;
    } else if (open) {
      open.code += `${line}\n`;
    } else if (fence) {
      const { language = '', note = '' } = fence;
      open = { page, line: index + 1, language, note, code: '', mark };
    }
    if (line !== '') mark = open ? null : markOf(line);
  }
  return blocks;
}

function markOf(line: string): Mark | null {
  const { kind, what = '' } = MARK.exec(line)?.groups ?? {};
  if (kind === 'not run') return { kind, reason: what };
  return kind === 'run in' ? { kind, file: what } : null;
}

export const isCode = ({ language }: Block): boolean => CODE.has(language);

/** What the commands before it print. */
export const isOutput = ({ note }: Block): boolean => note === 'output';

export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
