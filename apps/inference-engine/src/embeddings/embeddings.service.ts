import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { DEFAULT_EMBEDDING_MODEL, HEADERS, type EmbeddingRequest } from '@local-llm-agent/contracts';
import { RequestWatch, contextOf } from '@local-llm-agent/http';
import { whileWanted } from '../generation/request.abort.js';
import type { RequestTerms } from '../generation/request-terms.parse.js';
import { AnswerClock } from '../generation/answer.clock.js';
import { AttemptService } from '../generation/attempt.service.js';
import { toEmbeddingList, toInputs } from './embeddings.translate.js';

/** Turns texts into vectors: finds the model and waits for a slot of it. */
@Injectable()
export class EmbeddingsService {
  constructor(
    private readonly attempts: AttemptService,
    private readonly watch: RequestWatch,
  ) {}

  /** Answers into the response. Throws an ApiError for what could not be answered. */
  async answer(request: EmbeddingRequest, terms: RequestTerms, res: ServerResponse): Promise<void> {
    const { watch } = this;
    const { timeoutMs } = terms;
    const late = 'The embeddings took longer than the tier allows. Send fewer inputs at once.';
    const clock = new AnswerClock(contextOf(res).startedAt);
    const { embeddings, shownAs } = await whileWanted(res, { watch, timeoutMs, late }, (signal) => {
      const order = { model: request.model ?? DEFAULT_EMBEDDING_MODEL, terms, purpose: 'embedding', signal } as const;
      return this.attempts.run(order, res, async (attempt) => {
        const plan = await attempt.take();
        clock.slotTaken();
        const { runtime, shownAs } = attempt.model;
        return { embeddings: await runtime.embed({ plan, inputs: toInputs(request) }, attempt.signal), shownAs };
      });
    });
    const list = toEmbeddingList(request, shownAs, embeddings);
    const timings = request.include_timings === true ? { timings: clock.timings } : {};
    const bytes = Buffer.from(JSON.stringify({ ...list, ...timings }));
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': bytes.length,
      [HEADERS.promptTokens]: String(embeddings.promptTokens),
      [HEADERS.completionTokens]: '0',
    });
    res.end(bytes);
  }
}
