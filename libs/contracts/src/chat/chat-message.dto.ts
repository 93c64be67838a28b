import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** A text part of a message. */
export class TextPart {
  @ApiProperty({ enum: ['text'] })
  type!: 'text';

  @ApiProperty()
  text!: string;
}

/** An image part of a message, for models that see. */
export class ImagePart {
  @ApiProperty({ enum: ['image_url'] })
  type!: 'image_url';

  @ApiProperty({
    type: 'object',
    selfRequired: true,
    required: ['url'],
    properties: {
      url: { type: 'string', description: 'A data URL with base64', pattern: '^data:image/' },
      detail: { type: 'string', nullable: true, enum: ['auto', 'low', 'high', 'original'] },
    },
  })
  image_url!: { url: string; detail?: string | null };
}

/** A refusal in an earlier answer. */
export class RefusalPart {
  @ApiProperty({ enum: ['refusal'] })
  type!: 'refusal';

  @ApiProperty()
  refusal!: string;
}

/** A call of a function in an earlier answer. */
export class MessageToolCall {
  @ApiProperty()
  id!: string;

  @ApiProperty({ enum: ['function'] })
  type!: 'function';

  @ApiProperty({
    type: 'object',
    selfRequired: true,
    required: ['name', 'arguments'],
    properties: { name: { type: 'string' }, arguments: { type: 'string', description: 'JSON' } },
  })
  function!: { name: string; arguments: string };
}

/** One message of a chat. */
export class ChatMessage {
  @ApiProperty({ enum: ['system', 'developer', 'user', 'assistant', 'tool'] })
  role!: 'system' | 'developer' | 'user' | 'assistant' | 'tool';

  @ApiPropertyOptional({
    nullable: true,
    description: 'Only an answer that called tools may go without',
    oneOf: [
      { type: 'string' },
      {
        type: 'array',
        minItems: 1,
        items: {
          oneOf: [
            { $ref: '#/components/schemas/TextPart' },
            { $ref: '#/components/schemas/ImagePart' },
            { $ref: '#/components/schemas/RefusalPart' },
          ],
        },
      },
    ],
  })
  content?: string | (TextPart | ImagePart | RefusalPart)[] | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Name of the sender' })
  name?: string | null;

  @ApiPropertyOptional({ type: [MessageToolCall], nullable: true, description: 'Of an assistant' })
  tool_calls?: MessageToolCall[] | null;

  @ApiPropertyOptional({ type: String, description: 'Of a tool: the call that it answers' })
  tool_call_id?: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Of an assistant: what it thought' })
  reasoning_content?: string | null;
}
