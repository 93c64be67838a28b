import { describe, expect, it } from '@jest/globals';
import type { RuntimeStatus } from '@local-llm-agent/contracts';
import { pullTarget } from './pull-target.policy';

const runtime = (kind: string, status: RuntimeStatus['status'] = 'up'): RuntimeStatus =>
  ({ id: `${kind}@one`, kind, status }) as RuntimeStatus;

describe('where a new model goes', () => {
  it('is a runtime that answers and fetches models, whichever comes first', () => {
    expect(pullTarget([runtime('embedded'), runtime('ollama'), runtime('ollama', 'down')])).toEqual({
      kind: 'registry',
      hosts: ['ollama@one'],
    });
    expect(pullTarget([runtime('embedded'), runtime('ollama', 'down')])).toEqual({ kind: 'embedded' });
    expect(pullTarget([runtime('openai')])).toEqual({ kind: 'server' });
  });

  it('is nowhere while none answers', () => {
    expect(pullTarget([runtime('ollama', 'down')])).toEqual({ kind: 'nothing' });
  });
});
