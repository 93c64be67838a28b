import { describe, expect, it } from '@jest/globals';
import { derivedName, derivedPrefix, isDerived, type DerivedContent } from './derived.name.js';

/** What Ollama takes as a name: a namespace without dots, a model and a tag of 80 characters at most each. */
const VALID = /^\w[\w-]{0,79}\/\w[\w.-]{0,79}:\w[\w.-]{0,79}$/;

const CONTENT: DerivedContent = {
  base: 'gpt-oss:20b',
  lora: { name: 'gpt-oss:20b:erp-core', path: '/any.gguf' },
  baseDigest: 'b',
  loraDigest: 'l',
};

describe('the name of a model that is made of an adapter', () => {
  it('tells what it is made of', () => {
    expect(derivedName(CONTENT)).toMatch(/^local-llm-agent\/gpt-oss-20b:erp-core-[0-9a-f]{8}-[0-9a-f]{12}$/);
    expect(derivedName(CONTENT).startsWith(derivedPrefix(CONTENT.base, CONTENT.lora))).toBe(true);
  });

  it('is the same for the same content, and another one when the base or the file changes', () => {
    const names = [CONTENT, { ...CONTENT }, { ...CONTENT, baseDigest: 'c' }, { ...CONTENT, loraDigest: 'm' }].map(
      derivedName,
    );
    expect(new Set(names).size).toBe(3);
    expect(names[0]).toBe(names[1]);
    expect(derivedName({ ...CONTENT, lora: { ...CONTENT.lora, path: '/moved.gguf' } })).toBe(names[0]);
  });

  it('is never that of another adapter, however alike they are written', () => {
    const other = { ...CONTENT, base: 'gpt-oss-20b', lora: { ...CONTENT.lora, name: 'gpt-oss-20b:erp-core' } };
    expect(derivedPrefix(other.base, other.lora)).not.toBe(derivedPrefix(CONTENT.base, CONTENT.lora));
  });

  it('is one that Ollama takes, whatever the base is called', () => {
    for (const base of ['a', 'hf.co/someone/Model-GGUF:Q4_K_M', 'x'.repeat(200)]) {
      const name = derivedName({ ...CONTENT, base, lora: { name: `${base}:${'y'.repeat(80)}`, path: '' } });
      expect(name).toMatch(VALID);
    }
  });

  it('is told from others', () => {
    expect([derivedName(CONTENT), 'smollm2', 'someone/local-llm-agent:x'].map(isDerived)).toEqual([true, false, false]);
  });
});
