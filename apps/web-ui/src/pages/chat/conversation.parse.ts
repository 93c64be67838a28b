import type { Answer, AnswerForm, ChatSettings, Conversation, Question, TierChoice, Turn } from './chat.types';
import { FIRST_SETTINGS, MOST_STOPS, RANGES } from './settings.policy';

/** Marks a file as ours. */
const KIND = 'local-llm-agent-conversations';
const VERSION = 1;
const MOST_CONVERSATIONS = 10_000;
const MOST_TURNS = 10_000;
const LONGEST_TITLE = 200;
/** Of a text of a person or a model. */
const LONGEST_TEXT = 4_000_000;
const LONGEST_NAME = 256;
const IMAGE = /^data:image\/(?:png|jpe?g|webp|gif|bmp);base64,[A-Za-z0-9+/]+={0,2}$/;
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

type Fields = Readonly<Record<string, unknown>>;

/** What came of a file: the conversations that are sound, and the places of those that are not, counted from 1. */
export type Imported =
  | { readonly problem: 'not_json' | 'not_ours' | 'newer' | 'too_many' }
  | { readonly conversations: readonly Conversation[]; readonly broken: readonly number[] };

/** The text of a file with these conversations. */
export function toExport(conversations: readonly Conversation[]): string {
  return JSON.stringify({ kind: KIND, version: VERSION, conversations }, null, 2);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown, most: number): value is string {
  return typeof value === 'string' && value.length <= most;
}

function textOf(value: unknown, most = LONGEST_NAME): string | undefined {
  return isText(value, most) && value !== '' ? value : undefined;
}

function numberOf(value: unknown, { min, max } = { min: 0, max: Number.MAX_SAFE_INTEGER }): number | undefined {
  return typeof value === 'number' && value >= min && value <= max ? value : undefined;
}

function tierOf(value: unknown): TierChoice {
  return value === 'small' || value === 'main' ? value : 'auto';
}

function formOf(value: unknown): AnswerForm {
  return value === 'json_object' || value === 'json_schema' ? value : 'text';
}

function toSettings(value: unknown): ChatSettings {
  if (!isFields(value)) return FIRST_SETTINGS;
  const { stop } = value;
  return {
    model: textOf(value['model']) ?? FIRST_SETTINGS.model,
    tier: tierOf(value['tier']),
    system: textOf(value['system'], LONGEST_TEXT) ?? '',
    temperature: numberOf(value['temperature'], RANGES.temperature),
    topP: numberOf(value['topP'], RANGES.topP),
    maxTokens: numberOf(value['maxTokens'], RANGES.maxTokens),
    seed: numberOf(value['seed'], RANGES.seed),
    stop: Array.isArray(stop) ? stop.filter((text) => textOf(text) !== undefined).slice(0, MOST_STOPS) : [],
    effort: EFFORTS.find((effort) => effort === value['effort']),
    form: formOf(value['form']),
    schema: textOf(value['schema'], LONGEST_TEXT) ?? '',
  };
}

function toQuestion({ text, images = [] }: Fields, id: string): Question | undefined {
  if (!isText(text, LONGEST_TEXT) || !Array.isArray(images)) return undefined;
  if (!images.every((url): url is string => typeof url === 'string' && IMAGE.test(url))) return undefined;
  return text === '' && images.length === 0 ? undefined : { role: 'user', id, text, images };
}

function toFigures(value: unknown): Answer['figures'] {
  const figures = isFields(value) ? value : {};
  return {
    pieces: numberOf(figures['pieces']) ?? 0,
    firstTokenMs: numberOf(figures['firstTokenMs']),
    lastTokenMs: numberOf(figures['lastTokenMs']),
    promptTokens: numberOf(figures['promptTokens']),
    completionTokens: numberOf(figures['completionTokens']),
  };
}

function toServed(value: unknown): Answer['served'] {
  const served = isFields(value) ? value : {};
  const { model, tier, fallbackFrom, requestId } = served;
  return {
    model: textOf(model),
    tier: textOf(tier),
    fallbackFrom: textOf(fallbackFrom),
    requestId: textOf(requestId),
  };
}

function toFailure(value: unknown): Answer['failure'] {
  if (!isFields(value)) return undefined;
  const message = textOf(value['message'], LONGEST_TEXT);
  if (message === undefined) return undefined;
  return {
    code: textOf(value['code']) ?? 'unknown',
    message,
    status: numberOf(value['status']) ?? 0,
    param: textOf(value['param']),
    requestId: textOf(value['requestId']),
    at: numberOf(value['at']) ?? 0,
  };
}

/** Nothing writes an answer of a file any more. */
function stateOf(value: unknown): Answer['state'] {
  return (['done', 'stopped', 'failed'] as const).find((state) => state === value) ?? 'interrupted';
}

function toAnswer(fields: Fields, id: string): Answer | undefined {
  const { text, reasoning = '', asked } = fields;
  if (!isText(text, LONGEST_TEXT) || !isText(reasoning, LONGEST_TEXT)) return undefined;
  const { model, tier, form } = isFields(asked) ? asked : {};
  return {
    role: 'assistant',
    id,
    text,
    reasoning,
    state: stateOf(fields['state']),
    waiting: { phase: 'sent' },
    asked: { model: textOf(model) ?? FIRST_SETTINGS.model, tier: tierOf(tier), form: formOf(form) },
    served: toServed(fields['served']),
    finish: textOf(fields['finish']),
    figures: toFigures(fields['figures']),
    failure: toFailure(fields['failure']),
  };
}

function toTurn(value: unknown, id: string): Turn | undefined {
  if (!isFields(value)) return undefined;
  if (value['role'] === 'user') return toQuestion(value, id);
  return value['role'] === 'assistant' ? toAnswer(value, id) : undefined;
}

function toConversation(value: unknown, nextId: () => string): Conversation | undefined {
  if (!isFields(value)) return undefined;
  const { id, title, createdAt, updatedAt, settings, turns } = value;
  const [created, updated] = [numberOf(createdAt), numberOf(updatedAt)];
  if (!isText(title, LONGEST_TITLE) || created === undefined || updated === undefined) return undefined;
  if (!Array.isArray(turns) || turns.length > MOST_TURNS) return undefined;
  const sound = turns.map((turn) => toTurn(turn, nextId()));
  if (sound.includes(undefined)) return undefined;
  return {
    id: textOf(id) ?? nextId(),
    title,
    createdAt: created,
    updatedAt: updated,
    settings: toSettings(settings),
    turns: sound.filter((turn) => turn !== undefined),
  };
}

/**
 * Reads a file that was exported here, and takes from it only what we know. A conversation with anything in it that
 * cannot be right is left out as a whole.
 * @param nextId gives ids to the turns, so that no two of the page are the same
 */
export function parseExport(text: string, nextId: () => string): Imported {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return { problem: 'not_json' };
  }
  if (!isFields(file) || file['kind'] !== KIND || !Array.isArray(file['conversations'])) return { problem: 'not_ours' };
  if (file['version'] !== VERSION) return { problem: 'newer' };
  const list: readonly unknown[] = file['conversations'];
  if (list.length > MOST_CONVERSATIONS) return { problem: 'too_many' };
  const read = list.map((each) => toConversation(each, nextId));
  return {
    conversations: read.filter((each) => each !== undefined),
    broken: read.flatMap((each, index) => (each ? [] : [index + 1])),
  };
}
