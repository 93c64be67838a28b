import type {
  GenerationCall,
  AnswerEvent,
  InstalledModel,
  LoadPlan,
  ModelMetadata,
  PlainMessage,
  ResidentModel,
} from '../runtime.contract.js';
import type { Fault } from './ollama-error.translate.js';

/** Options that decide how Ollama holds a model. A request with other values makes it load the model again. */
interface HoldOptions {
  readonly num_ctx: number;
  readonly num_thread?: number;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** Numbers that matter here are sizes and counts; anything else is no answer. */
function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** The name without the tag that Ollama adds by itself, so that `smollm2` is the id of `smollm2:latest`. */
export function toModelId(name: string): string {
  return name.endsWith(':latest') ? name.slice(0, -':latest'.length) : name;
}

/** How the plan is told to Ollama: always the context length, the threads only when they are configured. */
function toHoldOptions(plan: LoadPlan, threads: number | undefined): HoldOptions {
  return { num_ctx: plan.contextLength, ...(threads === undefined ? {} : { num_thread: threads }) };
}

/** Body of `/api/generate` that loads a model and keeps it until it is told otherwise. */
export function toLoadBody(plan: LoadPlan, threads: number | undefined): object {
  return { model: plan.name, stream: false, keep_alive: -1, options: toHoldOptions(plan, threads) };
}

/** Body of `/api/generate` that unloads a model. */
export function toUnloadBody(name: string): object {
  return { model: name, stream: false, keep_alive: 0 };
}

/**
 * Body of `/api/chat`. `truncate` and `shift` are off, because Ollama would otherwise cut the prompt, and later the
 * start of the conversation, without a word. `think` is left out: models that cannot think refuse `think: true`.
 */
export function toChatBody(call: GenerationCall, threads: number | undefined): object {
  return {
    model: call.plan.name,
    messages: call.input.type === 'chat' ? call.input.messages : [],
    stream: call.stream,
    truncate: false,
    shift: false,
    keep_alive: -1,
    options: {
      ...toHoldOptions(call.plan, threads),
      num_predict: call.maxTokens,
      temperature: call.sampling.temperature,
      top_p: call.sampling.topP,
      ...(call.sampling.seed === undefined ? {} : { seed: call.sampling.seed }),
      // An empty list would switch off the stop texts of the model itself.
      ...(call.stop.length === 0 ? {} : { stop: call.stop }),
    },
  };
}

/**
 * Body of `/api/chat` that only renders the template, cut to the context: it takes no slot and evaluates nothing.
 * `num_predict` bounds the harm where an Ollama older than 0.12 does not know the field and answers.
 */
export function toRenderBody(plan: LoadPlan, threads: number | undefined, messages: readonly PlainMessage[]): object {
  const options = { ...toHoldOptions(plan, threads), num_predict: 1 };
  return { model: plan.name, messages, stream: false, keep_alive: -1, options, _debug_render_only: true };
}

/** The rendered template, where Ollama gave one. */
export function readRendered(body: unknown): string | undefined {
  const text = fieldsOf(fieldsOf(body)?._debug_info)?.rendered_template;
  return typeof text === 'string' ? text : undefined;
}

function readFinish(line: Fields): AnswerEvent | Fault {
  const reason = line.done_reason;
  if (reason === 'load' || reason === 'unload') return { type: 'fault', kind: 'noAnswer', reason };
  return {
    type: 'finish',
    reason: reason === 'length' ? 'length' : 'stop',
    // Ollama leaves counts of zero out.
    usage: { promptTokens: countOf(line.prompt_eval_count) ?? 0, completionTokens: countOf(line.eval_count) ?? 0 },
  };
}

const TOKEN_HEAD = '"message":{"role":"assistant","content":"';
const TOKEN_TAIL = '"},"done":false}';
const NOT_PLAIN = /["\\]/;

/**
 * The text of a line that holds a token and nothing else, as nearly all do; undefined for any other line. It takes a
 * fifth of the time of parsing (0.1 of 0.6 us). The quotes in the head cannot be inside a JSON string,
 * and a text without quote and backslash stands for itself.
 */
function readPlainToken(line: string): string | undefined {
  if (!line.endsWith(TOKEN_TAIL)) return undefined;
  const head = line.indexOf(TOKEN_HEAD);
  if (head === -1) return undefined;
  const text = line.slice(head + TOKEN_HEAD.length, line.length - TOKEN_TAIL.length);
  return NOT_PLAIN.test(text) ? undefined : text;
}

/**
 * Reads one line of an answer of `/api/chat` into events, which it adds to `events`. Returns what is wrong with it.
 * Thinking is not content and gives no event.
 */
export function readAnswerLine(line: string, events: AnswerEvent[]): Fault | undefined {
  const token = readPlainToken(line);
  if (token !== undefined) {
    if (token !== '') events.push({ type: 'text', text: token });
    return undefined;
  }
  let parsed: Fields | undefined;
  try {
    parsed = fieldsOf(JSON.parse(line));
  } catch (cause) {
    return { type: 'fault', kind: 'garbage', sample: line, cause };
  }
  if (parsed === undefined) return { type: 'fault', kind: 'garbage', sample: line };
  if (typeof parsed.error === 'string') return { type: 'fault', kind: 'failed', text: parsed.error };
  const content = fieldsOf(parsed.message)?.content;
  if (typeof content === 'string') {
    if (content !== '') events.push({ type: 'text', text: content });
  } else if (parsed.done !== true) {
    return { type: 'fault', kind: 'garbage', sample: line };
  }
  if (parsed.done !== true) return undefined;
  const finish = readFinish(parsed);
  if (finish.type === 'fault') return finish;
  events.push(finish);
  return undefined;
}

/** A model as `/api/tags` and `/api/ps` name it. */
export interface ListedModel {
  readonly name: string;
  readonly digest: string | undefined;
  readonly size: number;
  readonly modifiedAt: number;
}

/**
 * The models of `/api/tags` or `/api/ps`; undefined when the body is neither. Models that Ollama would ask a cloud for
 * are left out: prompts stay on the team's machines.
 */
export function readModels(body: unknown): readonly ListedModel[] | undefined {
  const models = fieldsOf(body)?.models;
  if (!Array.isArray(models)) return undefined;
  return listOf(models).flatMap((item) => {
    const entry = fieldsOf(item);
    const name = entry?.name ?? entry?.model;
    if (entry === undefined || typeof name !== 'string' || name === '' || (entry.remote_host ?? '') !== '') return [];
    const modified = typeof entry.modified_at === 'string' ? Date.parse(entry.modified_at) : Number.NaN;
    return [
      {
        name: toModelId(name),
        digest: typeof entry.digest === 'string' ? entry.digest : undefined,
        size: countOf(entry.size) ?? 0,
        modifiedAt: Number.isNaN(modified) ? 0 : Math.floor(modified / 1000),
      },
    ];
  });
}

/** A listed model in the words of the contract. */
export function toInstalledModel(model: ListedModel): InstalledModel {
  return { name: model.name, created: model.modifiedAt, sizeBytes: model.size };
}

/** A model of `/api/ps` in the words of the contract. */
export function toResidentModel(model: ListedModel): ResidentModel {
  return { name: model.name, bytes: model.size };
}

/**
 * What `/api/show` says of a model. The keys carry the architecture as a prefix; lists of one number per layer are not
 * sent, so such a figure is unknown.
 */
export function toMetadata(show: unknown, weightsBytes: number): ModelMetadata {
  const info = fieldsOf(fieldsOf(show)?.model_info) ?? {};
  const architecture = info['general.architecture'];
  const figure = (key: string): number | undefined =>
    typeof architecture === 'string' ? countOf(info[`${architecture}.${key}`]) : undefined;
  return {
    weightsBytes,
    contextLength: figure('context_length'),
    layers: figure('block_count'),
    embeddingLength: figure('embedding_length'),
    heads: figure('attention.head_count'),
    kvHeads: figure('attention.head_count_kv'),
    keyLength: figure('attention.key_length'),
    valueLength: figure('attention.value_length'),
    vocabularySize: figure('vocab_size'),
    capabilities: {
      generation: true,
      embedding: true,
      vision: false,
      infill: false,
      tools: 'none',
      thinking: 'none',
    },
  };
}

/** The version of `/api/version`; undefined when something else answered. */
export function readVersion(body: unknown): string | undefined {
  const version = fieldsOf(body)?.version;
  return typeof version === 'string' ? version : undefined;
}

/** Whether `/api/generate` says that the model is loaded. */
export function isDone(body: unknown): boolean {
  return fieldsOf(body)?.done === true;
}
