import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Post, Req, Res } from '@nestjs/common';
import { ENGINE_PATHS, parseOllamaModelName, type ModelPin, type ModelResidence } from '@local-llm-agent/contracts';
import { TokenRoute } from '@local-llm-agent/http';
import type { ModelPurpose } from '../runtime/runtime.contract.js';
import { OrderReader } from '../generation/order.reader.js';
import { ModelLoadService } from './model-load.service.js';

/** The internal routes that bring a model into memory, or out of it. */
@Controller()
export class ModelLoadController {
  constructor(
    private readonly models: ModelLoadService,
    private readonly orders: OrderReader,
  ) {}

  /** Loads a model for the `purpose` of the body, `generation` or `embedding`; without one for what it is made for. */
  @TokenRoute(ENGINE_PATHS.loadModel)
  async load(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseOllamaModelName);
    const purpose = 'purpose' in request ? purposeOf(request.purpose) : undefined;
    this.answer(await this.models.load(request.model, { terms, purpose }, res), res);
  }

  /** Unloads a model as soon as nobody uses it. */
  @TokenRoute(ENGINE_PATHS.unloadModel)
  async unload(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseOllamaModelName);
    this.answer(await this.models.unload(request.model, terms, res), res);
  }

  /** Keeps a model in memory once it is there. */
  @Post(ENGINE_PATHS.pinModel)
  pin(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    return this.setPin(true, req, res);
  }

  /** Lets it go again when its memory is needed. */
  @Post(ENGINE_PATHS.unpinModel)
  unpin(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    return this.setPin(false, req, res);
  }

  private async setPin(pinned: boolean, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { request, terms } = await this.orders.read(req, res, parseOllamaModelName);
    this.answer(await this.models.pin(request.model, pinned, terms), res);
  }

  private answer(residence: ModelResidence | ModelPin, res: ServerResponse): void {
    const bytes = Buffer.from(JSON.stringify(residence));
    res.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length });
    res.end(bytes);
  }
}

function purposeOf(purpose: unknown): ModelPurpose | undefined {
  return purpose === 'embedding' || purpose === 'generation' ? purpose : undefined;
}
