import type { Waiting } from './chat.types';

/** The forms of docs/admin.md, "What users see while they wait", without the colon that makes them comments. */
const PLACE =
  /^waiting, (?<position>\d+)(?:st|nd|rd|th) in the queue of (?<model>.+?)(?:; (?<load>loading|to be loaded), (?:about (?<seconds>\d+) s.*|longer than usual))?$/;

/** What a comment of a stream says about the wait; undefined for a comment about something else. */
export function parseWait(comment: string): Waiting | undefined {
  const text = comment.trim();
  if (text === 'waiting, the model reads the prompt') return { phase: 'reading' };
  const groups = PLACE.exec(text)?.groups;
  if (!groups) return text === 'waiting' ? { phase: 'waiting' } : undefined;
  const { position, model = '', load, seconds } = groups;
  return {
    phase: 'queued',
    position: Number(position),
    model,
    ...((load === 'loading' || load === 'to be loaded') && { load }),
    ...(seconds !== undefined && { seconds: Number(seconds) }),
  };
}
