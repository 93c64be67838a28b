import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiParam } from '@nestjs/swagger';
import { invalidRequest, parseLocalModelsChatRequest, toApiError } from '@local-llm-agent/contracts';
import type { CatalogIndex, Settings } from '@local-llm-agent/config';
import { TokenRoute, contextOf } from '@local-llm-agent/http';
import { CATALOG_TOKEN, SETTINGS_TOKEN } from '../gateway.tokens.js';
import { ModelAccess } from '../admission/model-access.service.js';
import { readRequestBody } from '../http/request-body.reader.js';
import { EngineControlClient } from '../inference/engine-control.client.js';
import { InferenceService, type Exchange } from '../inference/inference.service.js';
import { toChatRequest, toErrorBody, toLocalModelsError } from './localmodels-chat.translate.js';
import { addressOf, toInfo, toLocalModelsList } from './localmodels-info.translate.js';
import { LocalModelsEntry, LocalModelsInfo, LocalModelsList } from './localmodels.dto.js';
import { LocalModelsAnswer } from './localmodels.translator.js';
import { DescribeInfo, DescribeLocalModelsChat, DescribeModels } from './localmodels.openapi.js';

/** The LocalModels API. */
@ApiExtraModels(LocalModelsEntry)
@Controller()
export class LocalModelsController {
  constructor(
    private readonly inference: InferenceService,
    private readonly engine: EngineControlClient,
    private readonly access: ModelAccess,
    @Inject(SETTINGS_TOKEN) private readonly settings: Settings,
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
  ) {}

  /** What there is. */
  @Get()
  @DescribeInfo()
  async info(@Req() req: IncomingMessage, @Res({ passthrough: true }) res: ServerResponse): Promise<LocalModelsInfo> {
    const models = this.access.visible(req, await this.engine.models(contextOf(res).id), ({ id }) => id);
    // Whether the client came by https is known by a proxy alone, and told by one of ours alone.
    const proxied = this.settings.TRUST_PROXY?.(req.socket.remoteAddress ?? '', 0) === true;
    const protocol = proxied ? req.headers['x-forwarded-proto'] : undefined;
    return toInfo(models, this.catalog, addressOf(req.headers.host, protocol));
  }

  /** The models that are installed. */
  @Get('models')
  @DescribeModels()
  async list(@Req() req: IncomingMessage, @Res({ passthrough: true }) res: ServerResponse): Promise<LocalModelsList> {
    return toLocalModelsList(this.access.visible(req, await this.engine.tags(contextOf(res).id), ({ name }) => name));
  }

  /** Asks the model of the body, or the default one. */
  @TokenRoute('/chat')
  @DescribeLocalModelsChat()
  chat(@Req() req: IncomingMessage, @Res() res: ServerResponse): Promise<void> {
    return this.answer({ req, res }, undefined);
  }

  /** Asks the model of the path; names may have slashes. */
  @Post('chat/*model_name')
  @ApiParam({ name: 'model_name', description: 'Id or alias of a model', schema: { type: 'string' } })
  @DescribeLocalModelsChat()
  chatWith(
    @Param('model_name') segments: string | string[],
    @Req() req: IncomingMessage,
    @Res() res: ServerResponse,
  ): Promise<void> {
    return this.answer({ req, res }, Array.isArray(segments) ? segments.join('/') : segments);
  }

  private async answer(exchange: Exchange, named: string | undefined): Promise<void> {
    const context = contextOf(exchange.res);
    let model: string | undefined;
    context.errorBody = (error) => JSON.stringify(toErrorBody(error, model));
    try {
      const request = parseLocalModelsChatRequest(await readRequestBody(exchange.req, this.settings));
      const asked = request.model ?? undefined;
      if (named !== undefined && asked !== undefined && asked !== named)
        throw invalidRequest(`model is '${asked}', but the path names '${named}'. Leave one of them out.`, {
          param: 'model',
        });
      model = named ?? asked ?? this.catalog.defaultModel;
      await this.inference.translatedChat(toChatRequest(request, model), new LocalModelsAnswer(model), exchange);
    } catch (error) {
      throw toLocalModelsError(toApiError(error));
    }
  }
}
