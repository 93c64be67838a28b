import type { ChatCompletionRequest, ResponseFormat } from '@local-llm-agent/contracts';
import type { ChatSettings, Question, Turn } from './chat.types';

/** Body of a streamed chat, without what the class of the contracts adds for its checks. */
export type ChatBody = Pick<ChatCompletionRequest, 'model' | 'messages'> & Partial<ChatCompletionRequest>;

type Message = ChatCompletionRequest['messages'][number];

function toUserMessage({ text, images }: Question): Message {
  if (images.length === 0) return { role: 'user', content: text };
  return {
    role: 'user',
    content: [
      ...images.map((url) => ({ type: 'image_url' as const, image_url: { url } })),
      ...(text === '' ? [] : [{ type: 'text' as const, text }]),
    ],
  };
}

/** Two questions in a row as one: the templates of many models want the roles to take turns. */
function together(first: Question, second: Question): Question {
  return {
    ...second,
    text: [first.text, second.text].filter((text) => text !== '').join('\n\n'),
    images: [...first.images, ...second.images],
  };
}

/** What was said, without the answers of which nothing came. */
function toMessages(turns: readonly Turn[]): readonly Message[] {
  const messages: Message[] = [];
  let asked: Question | undefined;
  for (const turn of turns) {
    if (turn.role === 'user') asked = asked ? together(asked, turn) : turn;
    else if (turn.text !== '') {
      if (asked) messages.push(toUserMessage(asked));
      asked = undefined;
      messages.push({ role: 'assistant', content: turn.text });
    }
  }
  return asked ? [...messages, toUserMessage(asked)] : messages;
}

function formatOf({ form, schema }: ChatSettings): ResponseFormat | undefined {
  if (form === 'json_object') return { type: 'json_object' };
  if (form === 'text') return undefined;
  const parsed = JSON.parse(schema) as Record<string, unknown>;
  return { type: 'json_schema', json_schema: { name: 'answer', schema: parsed, strict: true } };
}

/** Settings as the fields of a request; those that are not set are left to the gateway. */
function toParameters(settings: ChatSettings): Partial<ChatCompletionRequest> {
  const { temperature, topP, maxTokens, seed, stop, effort } = settings;
  const format = formatOf(settings);
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { top_p: topP }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(seed !== undefined && { seed }),
    ...(stop.length > 0 && { stop: [...stop] }),
    ...(effort && { reasoning_effort: effort }),
    ...(format && { response_format: format }),
  };
}

/** What is sent for the next answer: all that was said before, in order. Throws for a schema that is no JSON. */
export function toChatBody(turns: readonly Turn[], settings: ChatSettings): ChatBody {
  const system = settings.system.trim();
  return {
    model: settings.model,
    messages: [...(system === '' ? [] : [{ role: 'system' as const, content: system }]), ...toMessages(turns)],
    ...toParameters(settings),
    stream: true,
    stream_options: { include_usage: true },
    include_timings: true,
  };
}
