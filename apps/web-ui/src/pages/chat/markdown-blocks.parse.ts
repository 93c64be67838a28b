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
/** A line that begins an item of a list which is not in another one. */
const ITEM = /^(?:[-*+]|\d{1,9}[.)]) /;
/** A list of so many lines is cut before its next item: each piece of an answer draws all of its last block anew. */
const MOST_LIST_LINES = 40;
/** What links or notes elsewhere in the text mean. */
const DEFINITION = /^ {0,3}\[[^\]]+\]:/m;
/** The beginning of a line that may become such a one when more of it has come. */
const MAY_GO_ON = /^[\s\-*+>\d]/;

function closes(line: string, fence: string): boolean {
  const found = FENCE.exec(line)?.[1];
  return found !== undefined && found.startsWith(fence) && line.trim() === found;
}

/** Whether a line after an empty one begins something new; of the last line there may come more. */
function begins(line: string, last: boolean): boolean {
  return line !== '' && !(last ? MAY_GO_ON : GOES_ON).test(line);
}

/** Whether a line is one more item of a list that is long already. */
function isLongList(block: readonly string[], line: string): boolean {
  return block.length >= MOST_LIST_LINES && ITEM.test(line) && block.some((each) => ITEM.test(each));
}

/**
 * Cuts Markdown into blocks at empty lines outside of code, so that a page draws only the last one anew while a text
 * grows. Lists stay in one piece, but for long ones that grow. Link definitions far from their use are only right once the
 * text is drawn as a whole.
 */
export function splitBlocks(text: string, growing = true): Blocks {
  const settled: string[] = [];
  let block: string[] = [];
  let fence: string | undefined;
  let afterEmpty = false;
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const last = index === lines.length - 1;
    const cut = afterEmpty && begins(line, last) && block.some((each) => each !== '');
    if (fence === undefined && (cut || (growing && !last && isLongList(block, line)))) {
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

/** The blocks of a text that has ended, so that those that were drawn stay; one block where they need one another. */
export function endedBlocks(text: string): readonly string[] {
  if (DEFINITION.test(text)) return [text];
  const { settled, growing } = splitBlocks(text, false);
  return [...settled, growing];
}
