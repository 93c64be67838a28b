import {
  invalidRequest,
  type OllamaChatRequest,
  type OllamaGenerateRequest,
  type ReasoningEffort,
} from '@local-llm-agent/contracts';

/** Beginning of the base64 of an image -> its format. */
const FORMATS: readonly (readonly [start: string, format: string])[] = [
  ['iVBORw0KGgo', 'png'],
  ['/9j/', 'jpeg'],
  ['R0lGOD', 'gif'],
  ['UklGR', 'webp'],
  ['Qk', 'bmp'],
];

type Fields = Record<string, unknown>;
type TextRequest = OllamaChatRequest | OllamaGenerateRequest;

/** An image as a part of a message. Throws a 400 for a format that no runtime reads. */
export function toImagePart(image: string, path: string): Fields {
  const base64 = image.replaceAll(/\s/g, '');
  const format = FORMATS.find(([start]) => base64.startsWith(start))?.[1];
  if (format === undefined) {
    throw invalidRequest(`${path} is no image that can be read. Send png, jpeg, webp, gif or bmp in base64.`, {
      param: path,
    });
  }
  return { type: 'image_url', image_url: { url: `data:image/${format};base64,${base64}` } };
}

/** `think` as the effort of the canonical request. */
function toEffort(think: TextRequest['think']): ReasoningEffort | undefined {
  if (think === undefined || think === null) return undefined;
  if (typeof think === 'boolean') return think ? 'medium' : 'none';
  return think === 'max' ? 'xhigh' : think;
}

function toResponseFormat(format: TextRequest['format']): Fields | undefined {
  if (format === undefined || format === null || format === '') return undefined;
  if (format === 'json') return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name: 'format', schema: format } };
}

/** Without a bound in the request an answer goes on to the end of the context, as at Ollama. */
function toOptions(request: TextRequest, bounded: boolean): Fields {
  const options = request.options ?? {};
  const wanted = options['num_predict'];
  const unset = wanted === undefined || wanted === null || wanted === 0;
  return unset && !bounded ? { ...options, num_predict: -1 } : options;
}

/**
 * What every canonical request for text has.
 * @param bounded whether the model has a bound of its own for answers, which then holds
 */
export function toSharedFields(request: TextRequest, bounded: boolean): Fields {
  const streaming = request.stream !== false;
  return {
    model: request.model,
    stream: streaming,
    ...(streaming ? { stream_options: { include_usage: true } } : {}),
    include_timings: true,
    options: toOptions(request, bounded),
    keep_alive: request.keep_alive ?? undefined,
  };
}

/** What canonical chats have besides. */
export function toChatFields(request: TextRequest, bounded: boolean): Fields {
  return {
    ...toSharedFields(request, bounded),
    response_format: toResponseFormat(request.format),
    reasoning_effort: toEffort(request.think),
    ...(request.logprobs === true ? { logprobs: true, top_logprobs: request.top_logprobs ?? 0 } : {}),
  };
}

const ZERO = /^-?(?:0+(?:\.0+)?(?:ns|us|ms|s|m|h)?)+$/;

/** Whether the request wants the model out of memory, if it has nothing else to do: `keep_alive` of zero. */
export function wantsUnload({ keep_alive: keepAlive }: { readonly keep_alive?: string | number | null }): boolean {
  return keepAlive === 0 || (typeof keepAlive === 'string' && ZERO.test(keepAlive));
}
