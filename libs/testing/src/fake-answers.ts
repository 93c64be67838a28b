import {
  ENGINE_PATHS,
  toUsageObject,
  type Completion,
  type CompletionRequest,
  type EmbeddingList,
  type EmbeddingRequest,
} from '@local-llm-agent/contracts';
import { HEADERS } from '@local-llm-agent/contracts';
import { askedOf, scriptedChunks } from './fake-engine.answers.js';
import { endStream, openStream, plainAnswer, type EngineExchange, type EngineScript } from './fake-engine.js';
import { residenceAnswer } from './fake-engine.models.js';

const USAGE = { promptTokens: 7, completionTokens: 3 };
const USAGE_FIELDS = {
  [HEADERS.promptTokens]: String(USAGE.promptTokens),
  [HEADERS.completionTokens]: String(USAGE.completionTokens),
};

function sendJson({ res }: EngineExchange, body: Completion | EmbeddingList): void {
  res.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...USAGE_FIELDS });
  res.end(JSON.stringify(body));
}

function completionOf({ model, n }: CompletionRequest): Completion {
  return {
    id: 'cmpl-1',
    object: 'text_completion',
    created: 1,
    model,
    choices: Array.from({ length: n ?? 1 }, (_, index) => ({
      index,
      text: ' hello',
      logprobs: null,
      finish_reason: 'stop' as const,
    })),
    usage: toUsageObject(USAGE),
  };
}

function complete(exchange: EngineExchange, request: CompletionRequest): void {
  if (request.stream !== true) {
    sendJson(exchange, completionOf(request));
    return;
  }
  openStream(exchange.res);
  exchange.res.write(`data: ${JSON.stringify(completionOf(request))}\n\n`);
  endStream(exchange.res);
}

function embed(exchange: EngineExchange, { model, input, encoding_format: encoding }: EmbeddingRequest): void {
  const embedding = encoding === 'base64' ? Buffer.from(new Float32Array([1, 0]).buffer).toString('base64') : [1, 0];
  // One list of tokens is one input.
  const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1;
  sendJson(exchange, {
    object: 'list',
    data: Array.from({ length: inputs }, (_, index) => ({ object: 'embedding' as const, index, embedding })),
    model: model ?? 'auto',
    usage: { prompt_tokens: 7, total_tokens: 7 },
  });
}

function streamChat(exchange: EngineExchange): void {
  // Who leaves the model out gets the default one.
  const asked = Object.assign({ model: 'auto' }, askedOf(exchange));
  openStream(exchange.res);
  for (const chunk of scriptedChunks({ text: ['he', 'llo'] }, asked))
    exchange.res.write(`data: ${JSON.stringify(chunk)}\n\n`);
  endStream(exchange.res);
}

/** Answers every request for a model as OpenAI would, in the form that it asks for, with made-up words. */
export const fullAnswer: EngineScript = async (exchange) => {
  const request = JSON.parse(exchange.body.toString('utf8')) as { stream?: boolean | null };
  switch (exchange.path) {
    case ENGINE_PATHS.completions:
      complete(exchange, request as CompletionRequest);
      return;
    case ENGINE_PATHS.embeddings:
      embed(exchange, request as EmbeddingRequest);
      return;
    case ENGINE_PATHS.loadModel:
    case ENGINE_PATHS.unloadModel:
      residenceAnswer(exchange);
      return;
    default:
      if (request.stream === true) streamChat(exchange);
      else await plainAnswer('hello')(exchange);
  }
};
