import { describe, expect, it } from '@jest/globals';
import type { RuntimeStatus } from '@local-llm-agent/contracts';
import { pullTarget } from './pull-target.policy';

const runtime = (kind: string, status: RuntimeStatus['status'] = 'up'): RuntimeStatus =>
  ({ id: `${kind}@one`, kind, status }) as RuntimeStatus;

describe('where a new model goes', () => {
  it('is the first runtime that answers', () => {
    expect(pullTarget([runtime('embedded', 'down'), runtime('ollama')])).toEqual({
      kind: 'registry',
      host: 'ollama@one',
    });
    expect(pullTarget([runtime('embedded'), runtime('ollama')])).toEqual({ kind: 'embedded' });
    expect(pullTarget([runtime('openai')])).toEqual({ kind: 'server' });
  });

  it('is nowhere while none answers', () => {
    expect(pullTarget([runtime('ollama', 'down')])).toEqual({ kind: 'nothing' });
  });
});
