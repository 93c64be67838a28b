import type { AnswerHead } from './recording.types.js';

/** The text of an answer that came to its end. */
export interface AnswerText {
  readonly streaming: boolean;
  readonly text: string;
  /** Tokens of the answer, as the engine counted them. */
  readonly completionTokens: number | undefined;
}

interface Event {
  readonly id?: unknown;
  readonly created?: unknown;
  readonly model?: unknown;
  readonly error?: unknown;
  readonly data?: unknown;
  readonly choices?: readonly { readonly finish_reason?: unknown }[];
}

const DATA = 'data: ';
const DONE = '[DONE]';

function toObject(json: string): Event | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function dataOf(event: string): string | undefined {
  return event.startsWith(DATA) ? event.slice(DATA.length).trimEnd() : undefined;
}

function headOf({ id, created, model }: Event): AnswerHead {
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof created === 'number' ? { created } : {}),
    ...(typeof model === 'string' ? { model } : {}),
  };
}

/** The head of a plain answer; empty where it is none of ours. */
export function headOfBody(body: string): AnswerHead {
  return headOf(toObject(body) ?? {});
}

/** The head that the first of these events has; empty where it is none of ours. */
export function headOfEvent(events: string): AnswerHead {
  const [first = ''] = events.split('\n\n', 1);
  return headOfBody(dataOf(first) ?? '');
}

/** The objects of a stream that was ended as it should be; undefined for any other. */
function objectsOf(text: string): readonly Event[] | undefined {
  const data = text.split('\n\n').slice(0, -1).map(dataOf);
  if (data.pop() !== DONE) return undefined;
  const objects = data.map((json) => toObject(json ?? ''));
  return objects.every((object) => object !== undefined) ? objects : undefined;
}

/**
 * The head of an answer that may be given again; undefined for one that may not:
 * 1. it is not whole, or holds an error;
 * 2. nothing tells that it has ended: no vectors, and no reason of an end;
 * 3. it was cut at the end of the context rather than at the bound of the request, so that it could be longer another time,
 *    when the model is loaded with a larger context. Of several answers nobody can tell, so none may be cut.
 */
export function headOfKeepable(answer: AnswerText, bound: number | undefined): AnswerHead | undefined {
  // 1.
  const whole = answer.streaming ? undefined : toObject(answer.text);
  const objects = answer.streaming ? objectsOf(answer.text) : whole && [whole];
  const [first] = objects ?? [];
  if (!objects || !first || objects.some(({ error }) => error !== undefined)) return undefined;
  // 2.
  const reasons = objects.flatMap(({ choices }) => choices ?? []).flatMap((choice) => choice.finish_reason ?? []);
  if (reasons.length === 0 && !Array.isArray(first.data)) return undefined;
  // 3.
  const cut = reasons.includes('length');
  if (cut && (bound === undefined || (answer.completionTokens ?? 0) < bound)) return undefined;
  return headOf(first);
}
