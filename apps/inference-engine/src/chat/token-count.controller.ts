import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseChatCompletionRequest } from '@local-llm-agent/contracts';
import { TokenRoute } from '@local-llm-agent/http';
import { OrderReader } from '../generation/order.reader.js';
import { TokenCountService } from './token-count.service.js';

/** The internal route that counts the tokens of a chat: OpenAI's body, our headers. */
@Controller()
export class TokenCountController {
  constructor(
    private readonly counts: TokenCountService,
    private readonly orders: OrderReader,
  ) {}

  /** Answers with an {@link EngineTokenCount}. */
  @TokenRoute(ENGINE_PATHS.countTokens)
  async create(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseChatCompletionRequest);
    const body = JSON.stringify(await this.counts.count(request, terms, res));
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    res.end(body);
  }
}
