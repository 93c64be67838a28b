import type { WaitPlace } from '../scheduler/wait.estimate.js';

/** A stream that has nothing to say yet, and nothing to tell about it. */
const PLAIN = ': waiting\n\n';

/**
 * The comment of a stream that waits: words for people, with the place in the queue and the seconds always in the same
 * places for pages. Every parser of server-sent events skips it.
 *
 * `: waiting, 3rd in the queue of qwen3:30b; loading, about 20 s left`
 */
export function waitComment(place: WaitPlace | undefined): string {
  if (!place) return PLAIN;
  const { key, position } = place;
  // The key is the runtime's id, a slash, and the model's name, which may come from the name of a file.
  const model = key.slice(key.indexOf('/') + 1).replace(/[\r\n]/g, ' ');
  return `: waiting, ${ordinal(position)} in the queue of ${model}${loadWords(place)}\n\n`;
}

/** The comment of a stream whose model has begun to read the prompt. */
export const READING_COMMENT = ': waiting, the model reads the prompt\n\n';

function loadWords({ model, loadMs }: WaitPlace): string {
  switch (model) {
    case 'ready':
      return '';
    case 'loading':
      return loadMs > 0 ? `; loading, about ${seconds(loadMs)} s left` : '; loading, longer than usual';
    case 'absent':
      return `; to be loaded, about ${seconds(loadMs)} s`;
  }
}

function seconds(ms: number): number {
  return Math.max(1, Math.round(ms / 1000));
}

function ordinal(position: number): string {
  const tens = position % 100;
  const suffix = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][position % 10] ?? 'th');
  return `${position}${suffix}`;
}
