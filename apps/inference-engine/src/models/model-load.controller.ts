import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseOllamaModelName, type ModelResidence } from '@local-llm-agent/contracts';
import { TokenRoute } from '@local-llm-agent/http';
import { OrderReader } from '../generation/order.reader.js';
import { ModelLoadService } from './model-load.service.js';

/** The internal routes that bring a model into memory, or out of it. */
@Controller()
export class ModelLoadController {
  constructor(
    private readonly models: ModelLoadService,
    private readonly orders: OrderReader,
  ) {}

  /** Loads a model for writing, or for embeddings with `"purpose": "embedding"`. */
  @TokenRoute(ENGINE_PATHS.loadModel)
  async load(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseOllamaModelName);
    const purpose = 'purpose' in request && request.purpose === 'embedding' ? 'embedding' : 'generation';
    this.answer(await this.models.load(request.model, { terms, purpose }, res), res);
  }

  /** Unloads a model as soon as nobody uses it. */
  @TokenRoute(ENGINE_PATHS.unloadModel)
  async unload(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseOllamaModelName);
    this.answer(await this.models.unload(request.model, terms, res), res);
  }

  private answer(residence: ModelResidence, res: ServerResponse): void {
    const bytes = Buffer.from(JSON.stringify(residence));
    res.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length });
    res.end(bytes);
  }
}
