import {
  backendUnavailable,
  contextLengthExceeded,
  invalidRequest,
  modelNotFound,
  type ApiError,
} from '@local-llm-agent/contracts';

const LONGEST_TEXT = 300;
const TOO_LONG = /context[ _]?(?:length|size|window)|maximum context|too (?:long|many tokens)/i;
/** vLLM: "maximum context length is 2048 tokens ... you requested 3000"; llama-server: "(3000) exceeds ... (2048)". */
const NUMBERS = /\d{2,}/g;

/** The text of an error in OpenAI's, vLLM's or FastAPI's form. */
function errorText(body: string): { text: string; param: string | undefined } {
  try {
    const parsed = JSON.parse(body) as { error?: unknown; message?: unknown; detail?: unknown } | null;
    const error = parsed?.error;
    const text =
      typeof error === 'string'
        ? error
        : ((error as { message?: unknown } | undefined)?.message ?? parsed?.message ?? parsed?.detail);
    const param = (error as { param?: unknown } | undefined)?.param;
    if (typeof text === 'string') return { text, param: typeof param === 'string' ? param : undefined };
  } catch {
    // Not JSON: shown as it came, cut short.
    return { text: body.slice(0, LONGEST_TEXT), param: undefined };
  }
  return { text: body.slice(0, LONGEST_TEXT), param: undefined };
}

function tooLong(text: string): ApiError | undefined {
  if (!TOO_LONG.test(text)) return undefined;
  const numbers = (text.match(NUMBERS) ?? []).map(Number);
  const prompt = Math.max(...numbers);
  const context = numbers.find((number) => number < prompt);
  return context === undefined ? undefined : contextLengthExceeded(prompt, context);
}

/** What the upstream refused, as the error that a client may see. */
export function fromRefusal(status: number, body: string, address: string): ApiError {
  const { text: whole, param } = errorText(body);
  const text = whole.replaceAll(/\s+/g, ' ').slice(0, LONGEST_TEXT);
  const cause = new Error(`${status}: ${text}`);
  if (status === 400 || status === 413 || status === 422) {
    return (
      tooLong(text) ??
      invalidRequest(`The server at ${address} does not accept the request: ${text}`, {
        cause,
        ...(param === undefined ? {} : { param }),
      })
    );
  }
  if (status === 401 || status === 403) {
    return backendUnavailable(`The server at ${address} does not accept our key. Set OPENAI_API_KEY to a valid one.`, {
      origin: 'runtime',
      cause,
    });
  }
  if (status === 404) return modelNotFound(`The server at ${address} does not have it: ${text}`);
  if (status === 429 || status === 503) {
    return backendUnavailable(`The server at ${address} is busy: ${text}. Try again in a moment.`, {
      origin: 'runtime',
      cause,
      retryAfterSeconds: 5,
    });
  }
  return backendUnavailable(`The server at ${address} failed (${status}): ${text}. Its log has more; try again.`, {
    origin: 'runtime',
    cause,
  });
}

/** The upstream does not answer, or broke off. */
export function unreachable(address: string, cause: unknown): ApiError {
  return backendUnavailable(
    `The server at ${address} does not answer, or broke off. See that it runs and that OPENAI_BASE_URL is right, then try again.`,
    { origin: 'runtime', cause, retryAfterSeconds: 1, lost: 'runtime' },
  );
}

/** What answers does not speak OpenAI's language. */
export function notOpenAi(address: string, sample: string): ApiError {
  return backendUnavailable(
    `What answers at ${address} does not talk like an OpenAI-compatible server. Check OPENAI_BASE_URL: it usually ends with /v1.`,
    { origin: 'runtime', cause: new Error(sample.slice(0, LONGEST_TEXT)) },
  );
}
