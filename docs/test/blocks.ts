// The code of a page: what a reader would run, and what the page says comes of it.

export interface Block {
  page: string;
  line: number;
  language: string;
  /** What stands behind the language: the name of the file that the code is, or `output`. */
  note: string;
  code: string;
  /** Why it is not run here, from the comment in the line before it. */
  notRun: string | null;
}

/** Data, pictures and text. Everything else is what a reader would run. */
const NO_CODE = new Set(['', 'text', 'json', 'yaml', 'ini', 'html', 'mermaid']);

const FENCE = /^```(?<language>\w*) *(?<note>.*)$/;
const NOT_RUN = /^<!-- not run: (.+) -->$/;

export function blocksOf(page: string, text: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  let notRun: string | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const fence = FENCE.exec(line)?.groups;
    if (open && line === '```') {
      blocks.push(open);
      open = null;
    } else if (open) {
      open.code += `${line}\n`;
    } else if (fence) {
      const { language = '', note = '' } = fence;
      open = { page, line: index + 1, language, note, code: '', notRun };
    }
    if (line !== '') notRun = NOT_RUN.exec(line)?.[1] ?? null;
  }
  return blocks;
}

export const isCode = ({ language }: Block): boolean => !NO_CODE.has(language);

/** What the commands before it print. */
export const isOutput = ({ note }: Block): boolean => note === 'output';

export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
