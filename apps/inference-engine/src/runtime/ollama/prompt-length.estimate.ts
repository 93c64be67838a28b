import type { PlainMessage } from '../runtime.contract.js';

/** What a prompt that is too long is measured with. */
export interface LengthProbe {
  /** The prompt as one text, from {@link toPromptText}. */
  readonly text: string;
  readonly contextLength: number;
  /**
   * The chat template with these messages in it; those before the last are left out if they do not fit the context.
   * May throw: the measure then ends early.
   */
  readonly render: (messages: readonly PlainMessage[]) => Promise<string>;
}

const LAST: PlainMessage = { role: 'user', content: 'x' };
const STEPS = 9;
/** Samples come from this many places, because the beginning of a prompt is often unlike the rest. */
const PLACES = 4;
/** The bounds of the search in characters per token: byte tokens of rare scripts, runs of blanks. */
const FEWEST_CHARACTERS = 0.25;
const MOST_CHARACTERS = 16;
/** Usual for English and code; only used where nothing could be measured. */
const USUAL_CHARACTERS = 4;
const CLOSE_ENOUGH = 1.005;

/** The messages as one text with about as many tokens between them as a chat template puts there. */
export function toPromptText(messages: readonly PlainMessage[]): string {
  return messages.map((message) => `\n<${message.role}>\n${message.content}`).join('');
}

/** `length` characters of the text, taken evenly from all over it. */
export function sampleOf(text: string, length: number): string {
  if (length >= text.length) return text;
  const piece = Math.floor(length / PLACES);
  const stride = (text.length - piece) / (PLACES - 1);
  return Array.from({ length: PLACES }, (_, index) => {
    const start = Math.floor(index * stride);
    return text.slice(start, start + piece);
  }).join('');
}

/**
 * About how many tokens the prompt has. Only whether a text fits can be asked, so the sample that just fits is searched
 * by halving; the whole has as many tokens for its length. Always more than the context, which is known already.
 */
export async function estimatePromptTokens(probe: LengthProbe): Promise<number> {
  const { text, contextLength, render } = probe;
  let high = Math.min(text.length, contextLength * MOST_CHARACTERS);
  let low = Math.min(contextLength * FEWEST_CHARACTERS, high / 2);
  let frame = 0;
  let measured = false;
  try {
    frame = (await render([LAST])).length;
    for (let step = 0; step < STEPS && high / low > CLOSE_ENOUGH; step += 1) {
      const sample = sampleOf(text, Math.round(Math.sqrt(low * high)));
      const rendered = await render([{ role: 'user', content: sample }, LAST]);
      if (rendered.length > frame + sample.length / 2) low = sample.length;
      else {
        high = sample.length;
        measured = true;
      }
    }
  } catch {
    // Out of time, or the runtime went away: what is known so far is the estimate, and it is called one.
  }
  const perToken = measured ? (Math.sqrt(low * high) + frame) / contextLength : USUAL_CHARACTERS;
  return Math.max(contextLength + 1, Math.round((text.length + frame) / perToken));
}
