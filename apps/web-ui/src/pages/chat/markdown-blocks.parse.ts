/** Markdown that is still being written: blocks that will not change any more, and the one that will. */
export interface Blocks {
  readonly settled: readonly string[];
  readonly growing: string;
  /** Whether the growing block is code whose fence has not been closed. */
  readonly inCode: boolean;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** A line that may go on with what stands before the empty line: a list, something indented, a quotation. */
const GOES_ON = /^(?: |\t|[-*+] |\d{1,9}[.)] |>)/;
/** The beginning of a line that may become such a one when more of it has come. */
const MAY_GO_ON = /^[\s\-*+>\d]/;

function closes(line: string, fence: string): boolean {
  const found = FENCE.exec(line)?.[1];
  return found !== undefined && found.startsWith(fence) && line.trim() === found;
}

/**
 * Cuts Markdown into blocks at empty lines outside of code, so that a page draws only the last one anew while a text
 * grows. Lists stay in one piece. Link definitions far from their use are only right once the text is drawn as a whole.
 */
export function splitBlocks(text: string): Blocks {
  const settled: string[] = [];
  let block: string[] = [];
  let fence: string | undefined;
  let afterEmpty = false;
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const goesOn = (index === lines.length - 1 ? MAY_GO_ON : GOES_ON).test(line);
    if (fence === undefined && afterEmpty && line !== '' && !goesOn && block.some((each) => each !== '')) {
      settled.push(block.join('\n'));
      block = [];
    }
    afterEmpty = line.trim() === '';
    if (fence !== undefined) {
      if (closes(line, fence)) fence = undefined;
    } else fence = FENCE.exec(line)?.[1];
    block.push(line);
  }
  return { settled, growing: block.join('\n'), inCode: fence !== undefined };
}
