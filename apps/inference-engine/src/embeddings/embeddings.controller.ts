import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseEmbeddingRequest } from '@local-llm-agent/contracts';
import { TokenRoute } from '@local-llm-agent/http';
import { OrderReader } from '../generation/order.reader.js';
import { EmbeddingsService } from './embeddings.service.js';

/** The internal route of embeddings: OpenAI's body, our headers. */
@Controller()
export class EmbeddingsController {
  constructor(
    private readonly embeddings: EmbeddingsService,
    private readonly orders: OrderReader,
  ) {}

  /** Turns one input or several into vectors. */
  @TokenRoute(ENGINE_PATHS.embeddings)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseEmbeddingRequest);
    await this.embeddings.answer(request, terms, res);
  }
}
