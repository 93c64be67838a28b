import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { ModelList, ModelObject, modelNotFound, type EngineModel } from '@local-llm-agent/contracts';
import { contextOf } from '@local-llm-agent/http';
import { ModelAccess } from '../admission/model-access.service.js';
import { ANSWER_HEADERS, DescribeErrors } from '../http/errors.openapi.js';
import { EngineControlClient } from '../inference/engine-control.client.js';
import { toModelList, toModelObject } from './models.translate.js';

/** Most characters of an id in a message; no model has a longer one. */
const LONGEST_SHOWN = 256;

/** OpenAI's list of models. */
@ApiTags('OpenAI')
@Controller('v1/models')
export class ModelsController {
  constructor(
    private readonly engine: EngineControlClient,
    private readonly access: ModelAccess,
  ) {}

  /** Every name under which a chat of this caller would be answered. */
  @Get()
  @ApiOperation({ summary: 'List the models' })
  @ApiOkResponse({ type: ModelList, headers: ANSWER_HEADERS })
  @DescribeErrors(431, 500, 503)
  async list(@Req() req: IncomingMessage, @Res({ passthrough: true }) res: ServerResponse): Promise<ModelList> {
    return toModelList(await this.models(req, res));
  }

  /** One of them; ids may have slashes. */
  @Get('*id')
  @ApiOperation({ summary: 'Show one model' })
  @ApiParam({ name: 'id', description: 'Id or alias of a model', schema: { type: 'string' } })
  @ApiOkResponse({ type: ModelObject, headers: ANSWER_HEADERS })
  @DescribeErrors(400, 404, 431, 500, 503)
  async show(
    @Param('id') segments: string | string[],
    @Req() req: IncomingMessage,
    @Res({ passthrough: true }) res: ServerResponse,
  ): Promise<ModelObject> {
    const id = Array.isArray(segments) ? segments.join('/') : segments;
    const models = await this.models(req, res);
    const found = models.find((model) => model.id === id || `${model.id}:latest` === id);
    if (!found)
      throw modelNotFound(`There is no model '${id.slice(0, LONGEST_SHOWN)}'. GET /v1/models lists those there are.`);
    return toModelObject(found);
  }

  private async models(req: IncomingMessage, res: ServerResponse): Promise<readonly EngineModel[]> {
    return this.access.visible(req, await this.engine.models(contextOf(res).id), ({ id }) => id);
  }
}
