import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { CatalogIndex } from '@local-llm-agent/config';
import { CATALOG_TOKEN } from '../gateway.tokens.js';
import { mayUseModel, requireModel } from './access.policy.js';
import { AccessService } from './access.service.js';

/** Which models a caller gets to see. */
@Injectable()
export class ModelAccess {
  constructor(
    @Inject(CATALOG_TOKEN) private readonly catalog: CatalogIndex,
    private readonly access: AccessService,
  ) {}

  /** Whether there are models that the caller may not use. */
  isRestricted(req: IncomingMessage): boolean {
    return this.access.callerOf(req).models !== undefined;
  }

  /** Those of the models that the caller may use. */
  visible<T>(req: IncomingMessage, models: readonly T[], nameOf: (model: T) => string): readonly T[] {
    const caller = this.access.callerOf(req);
    if (caller.models === undefined) return models;
    return models.filter((model) => mayUseModel(caller, this.catalog, nameOf(model)));
  }

  /** Throws a 403 that names the model when the caller may not use it. */
  require(req: IncomingMessage, name: string): void {
    requireModel(this.access.callerOf(req), this.catalog, name);
  }
}
