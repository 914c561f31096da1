// Extracts the code blocks of a page: commands, files, and expected output.

export interface Block {
  page: string;
  line: number;
  language: string;
  /** The text after the language: a file name, or `output`. */
  note: string;
  code: string;
  /** The reason why the block is not run, from the comment before it. */
  notRun: string | null;
}

/** Languages of data, diagrams and text. All others are code that is run. */
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

/** Whether the block is the expected output of the previous commands. */
export const isOutput = ({ note }: Block): boolean => note === 'output';

export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
