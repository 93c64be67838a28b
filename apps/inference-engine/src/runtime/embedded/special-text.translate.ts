/** A part of a rendered prompt. The special texts in a plain part are ordinary text. */
export interface PromptSegment {
  readonly text: string;
  readonly plain: boolean;
}

/** Contents in which special texts are replaced by marks, and the way back. */
export interface ShieldedContents {
  readonly contents: readonly string[];
  /** The rendered prompt with the special texts of the contents back in place, as plain parts. */
  open(rendered: string): PromptSegment[];
}

/** Two characters of the Unicode private use area, which no tokenizer merges and no template looks for. */
const MARK = '\uE000';
const MARK_END = '\uE001';

/**
 * The texts that a tokenizer turns into control tokens, such as `<|im_end|>`. Inside the content of a message they must
 * stay text, or a user could end his own turn and speak as the system.
 */
export class SpecialTexts {
  private readonly byFirst = new Map<string, { readonly texts: Set<string>; lengths: number[] }>();

  constructor(texts: Iterable<string>) {
    for (const text of texts) {
      if (text === '') continue;
      const first = text.charAt(0);
      const group = this.byFirst.get(first) ?? { texts: new Set<string>(), lengths: [] };
      group.texts.add(text);
      // The longest first, as the tokenizer does.
      group.lengths = [...new Set([...group.lengths, text.length])].sort((left, right) => right - left);
      this.byFirst.set(first, group);
    }
  }

  /** Contents to render in place of these. Undefined when there is no special text in them, which is the usual case. */
  shield(contents: readonly string[]): ShieldedContents | undefined {
    const found: string[] = [];
    // One mark longer than any run of marks in the contents, so that no content can imitate it.
    const runs = contents.flatMap((content) => content.match(/\uE000+/gu) ?? []);
    const mark = MARK.repeat(runs.reduce((most, run) => Math.max(most, run.length), 0) + 1);
    const shielded = contents.map((content) =>
      this.replace(content, (text) => `${mark}${found.push(text) - 1}${MARK_END}`),
    );
    if (found.length === 0) return undefined;
    const pattern = new RegExp(`${mark}(\\d+)${MARK_END}`, 'u');
    return { contents: shielded, open: (rendered) => openMarks(rendered.split(pattern), found) };
  }

  private replace(content: string, mark: (text: string) => string): string {
    let result = '';
    let copied = 0;
    for (let at = 0; at < content.length; at++) {
      const text = this.at(content, at);
      if (text === undefined) continue;
      result += content.slice(copied, at) + mark(text);
      copied = at + text.length;
      at = copied - 1;
    }
    return result + content.slice(copied);
  }

  private at(content: string, index: number): string | undefined {
    const group = this.byFirst.get(content.charAt(index));
    if (group === undefined) return undefined;
    for (const length of group.lengths) {
      const text = content.slice(index, index + length);
      if (group.texts.has(text)) return text;
    }
    return undefined;
  }
}

/** `parts` alternates between text and the number of a found special text, as `split` with a group gives it. */
function openMarks(parts: readonly string[], found: readonly string[]): PromptSegment[] {
  return parts
    .map((part, index) =>
      index % 2 === 0 ? { text: part, plain: false } : { text: found[Number(part)] ?? '', plain: true },
    )
    .filter((segment) => segment.text !== '');
}
