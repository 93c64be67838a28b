import { describe, expect, it } from '@jest/globals';
import { ChatTemplate, TemplateError, TemplateRefusal } from './chat-template.translate.js';

const tokens = { bos: '<s>', eos: '</s>' };

describe('ChatTemplate', () => {
  it('renders with the template of the model, and asks for an answer', () => {
    const template = new ChatTemplate(
      "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m['content'] | trim }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
      tokens,
    );
    expect(template.render({ messages: [{ role: 'user', content: ' hi ' }] })).toBe('<s>[user]hi</s>[assistant]');
    expect(template.stops).toEqual([]);
  });

  it('renders ChatML for a model without a template, and then ends answers at its marks', () => {
    const template = new ChatTemplate(undefined, tokens);
    expect(
      template.render({
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'hi' },
        ],
      }),
    ).toBe('<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n');
    expect(template.stops).toEqual(['<|im_end|>', '<|im_start|>']);
  });

  it('passes tools, or none, as the templates test it', () => {
    const template = new ChatTemplate('{% if tools is not none %}tools{% else %}none{% endif %}', tokens);
    expect(template.render({ messages: [], tools: null })).toBe('none');
    expect(template.render({ messages: [], tools: [{ type: 'function' }] })).toBe('tools');
  });

  it('says why the template refuses messages', () => {
    const template = new ChatTemplate(
      "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{{ m.content }}{% endfor %}",
      tokens,
    );
    expect(() => template.render({ messages: [{ role: 'system', content: 'x' }] })).toThrow(TemplateRefusal);
    expect(() => template.render({ messages: [{ role: 'system', content: 'x' }] })).toThrow(
      'System role not supported',
    );
  });

  it('refuses a template that cannot be used at all', () => {
    expect(() => new ChatTemplate('{% for %}', tokens)).toThrow(TemplateError);
    expect(() => new ChatTemplate('{{ messages | nosuchfilter }}', tokens)).toThrow(TemplateError);
  });
});
