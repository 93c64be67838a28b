import { backendUnavailable, invalidRequest, modelNotFound, type ApiError } from '@local-llm-agent/contracts';

/** What went wrong with a call of Ollama. */
export type Fault = { readonly type: 'fault' } & (
  | { readonly kind: 'refused'; readonly status: number; readonly body: string }
  /** An error line after the answer began. */
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'noAnswer'; readonly reason: string }
  | { readonly kind: 'garbage'; readonly sample: string; readonly cause?: unknown }
  /** The answer ended in good order, but without its last line. */
  | { readonly kind: 'endedEarly' }
  /** Ollama ended the answer because the model said the same again and again. */
  | { readonly kind: 'looped' }
  | { readonly kind: 'network'; readonly cause: unknown }
  | { readonly kind: 'timedOut'; readonly path: string; readonly ms: number }
);

/** Whom an error speaks of. */
export interface FaultSubject {
  readonly address: string;
  readonly model: string | undefined;
}

const TOO_LONG = 'exceeds the context length';
const NO_CHAT = /does not support (chat|generate)/;
const NO_EMBEDDINGS = 'does not support embeddings';
const NO_SCHEMA = /invalid JSON schema in format|failed to (create|initialize) (sampling context|grammar)/;
const MEMORY_FIGURES = /requires more system memory \(([^)]*)\) than is available \(([^)]*)\)/;
const MEMORY =
  /more system memory|out of memory|allocate memory|memory layout cannot be|resource limitations|full model on GPU/i;
/** Words of Ollama for a process of a model that ended while it worked. */
const MODEL_LOST = /model runner has unexpectedly stopped|error was encountered while running the model/;
const BUSY_RETRY_SECONDS = 5;
const LONGEST_TEXT = 300;
/** Two or more path segments: where files lie is nothing for a client. */
const FILE_PATH = /(?:\/[\w.@+~-]+){2,}\/?/g;

function safeText(text: string): string {
  const line = text.replaceAll(FILE_PATH, '...').replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}...` : line;
}

/** The text of `{"error": "..."}`; undefined when the body is not Ollama's. */
function errorText(body: string): string | undefined {
  try {
    const parsed = JSON.parse(body) as { error?: unknown } | null;
    return typeof parsed?.error === 'string' ? parsed.error : undefined;
  } catch {
    // Not JSON, so not Ollama's: the caller says so and keeps the body as the cause.
    return undefined;
  }
}

/** Whether Ollama refused the prompt for its length. */
export function isTooLong(fault: Fault): boolean {
  return fault.kind === 'refused' && fault.status === 400 && (errorText(fault.body)?.includes(TOO_LONG) ?? false);
}

function fromText(text: string, subject: FaultSubject): ApiError {
  const { address, model } = subject;
  const lost = MODEL_LOST.test(text) ? ({ lost: 'model' } as const) : {};
  const options = { origin: 'runtime', cause: new Error(text), ...lost } as const;
  const figures = MEMORY_FIGURES.exec(text);
  const way = 'Unload another model, choose a smaller one, or lower contextLength for it in the catalog.';
  if (figures !== null) {
    const [, needed, available] = figures;
    return backendUnavailable(
      `Model requires more system memory (${needed}) than is available (${available}), says Ollama at ${address}. ${way}`,
      options,
    );
  }
  if (MEMORY.test(text)) {
    const what = model === undefined ? 'the model' : `model '${model}'`;
    return backendUnavailable(
      `Ollama at ${address} lacks the memory to run ${what}: ${safeText(text)} ${way}`,
      options,
    );
  }
  return backendUnavailable(
    `Ollama at ${address} failed: ${safeText(text)}. Its own log has more; try again.`,
    options,
  );
}

function fromRefusal(status: number, body: string, subject: FaultSubject): ApiError {
  const { address, model } = subject;
  const text = errorText(body);
  if (text === undefined) {
    return backendUnavailable(
      `What answers at ${address} does not behave like Ollama (status ${status}). Check OLLAMA_HOST.`,
      { origin: 'runtime', cause: new Error(body.slice(0, LONGEST_TEXT)) },
    );
  }
  if (status === 404 && model !== undefined) {
    return modelNotFound(
      `Ollama at ${address} has no model '${model}'. Get it with \`ollama pull ${model}\`, or ask for one of GET /v1/models.`,
    );
  }
  if (status === 400 && NO_CHAT.test(text)) {
    const message = `Model '${model ?? ''}' cannot chat: Ollama at ${address} has it as a model for embeddings only. Ask for a chat model of GET /v1/models.`;
    return invalidRequest(message, { param: 'model', cause: new Error(text) });
  }
  if (text.includes(NO_EMBEDDINGS)) {
    const message = `Model '${model ?? ''}' gives no embeddings: Ollama at ${address} runs it with an engine that has none. Ask for a model of embeddings of GET /v1/models.`;
    return invalidRequest(message, { param: 'model', cause: new Error(text) });
  }
  if (NO_SCHEMA.test(text)) {
    const message = `Ollama at ${address} can make no grammar of the schema: ${safeText(text)}. Make it simpler.`;
    return invalidRequest(message, { param: 'response_format', cause: new Error(text) });
  }
  if (status === 400)
    return invalidRequest(`Ollama at ${address} does not accept the request: ${safeText(text)}`, {
      cause: new Error(text),
    });
  if (status === 503 || status === 429) {
    return backendUnavailable(
      `Ollama at ${address} is busy: ${safeText(text)}. Try again in ${BUSY_RETRY_SECONDS} s.`,
      {
        origin: 'runtime',
        cause: new Error(text),
        retryAfterSeconds: BUSY_RETRY_SECONDS,
      },
    );
  }
  return fromText(text, subject);
}

function fromNetwork(cause: unknown, address: string): ApiError {
  const code = (cause as { code?: unknown } | null)?.code;
  const gone =
    code === 'ECONNREFUSED' ||
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    code === 'ENOTFOUND' ||
    code === 'EAI_AGAIN' ||
    code === 'EHOSTUNREACH';
  const message = gone
    ? `Ollama does not answer at ${address}. Start it with \`ollama serve\`, or set OLLAMA_HOST to where it runs.`
    : `Ollama at ${address} closed the connection before its answer was complete. It may have been stopped or have crashed: see that it runs, then try again.`;
  return backendUnavailable(message, { origin: 'runtime', cause, lost: 'runtime' });
}

/** The fault as the error a client may see. */
export function toApiError(fault: Fault, subject: FaultSubject): ApiError {
  const { address } = subject;
  switch (fault.kind) {
    case 'refused':
      return fromRefusal(fault.status, fault.body, subject);
    case 'failed':
      return fromText(fault.text, subject);
    case 'network':
      return fromNetwork(fault.cause, address);
    case 'noAnswer':
      return backendUnavailable(
        `Ollama at ${address} answered '${fault.reason}' in place of a text. Send the request again, with at least one message.`,
        { origin: 'runtime' },
      );
    case 'garbage':
      return backendUnavailable(
        `What answers at ${address} does not talk like Ollama. Check OLLAMA_HOST, and that no proxy changes the answers.`,
        {
          origin: 'runtime',
          cause: fault.cause ?? new Error(fault.sample.slice(0, LONGEST_TEXT)),
        },
      );
    case 'looped':
    case 'endedEarly':
      // Where it was because of repetition and can be counted, the answer ends with `length` and no error at all.
      return backendUnavailable(
        `Ollama at ${address} broke off the answer, as it does when a model repeats itself. Raise temperature, change seed, or shorten the prompt, then try again.`,
        { origin: 'runtime' },
      );
    case 'timedOut':
      return backendUnavailable(
        `Ollama at ${address} did not answer ${fault.path} within ${fault.ms / 1000} s. See that it runs and is not overloaded, then try again.`,
        { origin: 'runtime', lost: 'runtime' },
      );
  }
}
