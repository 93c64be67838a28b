import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { DEFAULT_EMBEDDING_MODEL, HEADERS, type EmbeddingRequest } from '@local-llm-agent/contracts';
import { RequestWatch, contextOf } from '@local-llm-agent/http';
import { watchRequest } from '../generation/request.abort.js';
import type { RequestTerms } from '../generation/request-terms.parse.js';
import { AnswerClock } from '../generation/answer.clock.js';
import { SlotService, type HeldSlot } from '../generation/slot.service.js';
import { toEmbeddingList, toInputs } from './embeddings.translate.js';

/** Turns texts into vectors: finds the model, waits for a slot of it, and frees it. */
@Injectable()
export class EmbeddingsService {
  constructor(
    private readonly slots: SlotService,
    private readonly watch: RequestWatch,
  ) {}

  /** Answers into the response. Throws an ApiError for what could not be answered. */
  async answer(request: EmbeddingRequest, terms: RequestTerms, res: ServerResponse): Promise<void> {
    const { signal, forget } = watchRequest(res, this.watch, {
      timeoutMs: terms.timeoutMs,
      late: 'The embeddings took longer than the tier allows. Send fewer inputs at once.',
    });
    const clock = new AnswerClock(contextOf(res).startedAt);
    let slot: HeldSlot | undefined;
    try {
      const name = request.model ?? DEFAULT_EMBEDDING_MODEL;
      const found = await this.slots.find(name, { terms, purpose: 'embedding', signal }, res);
      slot = await this.slots.take(found, terms, res, signal);
      clock.slotTaken();
      const embeddings = await found.model.runtime.embed({ plan: slot.plan, inputs: toInputs(request) }, signal);
      const list = toEmbeddingList(request, found.model.shownAs, embeddings);
      const timings = request.include_timings === true ? { timings: clock.timings } : {};
      const bytes = Buffer.from(JSON.stringify({ ...list, ...timings }));
      res.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': bytes.length,
        [HEADERS.promptTokens]: String(embeddings.promptTokens),
        [HEADERS.completionTokens]: '0',
      });
      res.end(bytes);
    } catch (error) {
      this.slots.failed(error);
      throw error;
    } finally {
      forget();
      slot?.release();
    }
  }
}
