import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { permissionDenied } from '@local-llm-agent/contracts';
import { anonymousCaller, type Caller } from './caller.types.js';

/** Tells who asks. */
@Injectable()
export class AccessService {
  /** The caller of the request. */
  callerOf(req: IncomingMessage): Caller {
    return anonymousCaller(req.socket.remoteAddress ?? 'unknown');
  }

  /** The caller, who may manage the system. Throws a 403 for one who may only use models. */
  requireAdmin(req: IncomingMessage): Caller {
    const caller = this.callerOf(req);
    if (caller.role === 'admin') return caller;
    throw permissionDenied('This changes the system or looks into it: it needs a key of the role admin.');
  }
}
