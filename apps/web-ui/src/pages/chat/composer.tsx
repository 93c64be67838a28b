import { ActionIcon, Alert, Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { ArrowDown, SendHorizontal, Square } from 'lucide-react';
import { useState, type ReactNode, type RefObject } from 'react';
import { AttachButton } from './attach-button';
import { useChatTexts } from './chat.texts';
import type { ChatSettings, Question } from './chat.types';
import { useDraft } from './draft.hook';
import { ImageStrip } from './image-strip';
import classes from './chat.module.css';

const MOST_ROWS = 8;
/** As high as one row of the place to write. */
const BUTTON_PX = 36;

interface DropAreaProps {
  readonly onFiles: (files: readonly File[]) => void;
  readonly children: ReactNode;
}

function DropArea({ onFiles, children }: DropAreaProps) {
  const [dropping, setDropping] = useState(false);
  return (
    <div
      className={classes['composer']}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        onFiles([...event.dataTransfer.files]);
      }}
    >
      <Stack gap="xs" className={dropping ? classes['dropping'] : undefined}>
        {children}
      </Stack>
    </div>
  );
}

function ToEndButton({ onClick }: { readonly onClick: () => void }) {
  const t = useChatTexts();
  return (
    <Group justify="center">
      <Button size="compact-sm" variant="default" leftSection={<ArrowDown size={14} aria-hidden />} onClick={onClick}>
        {t('toEnd')}
      </Button>
    </Group>
  );
}

interface SendButtonProps {
  readonly ready: boolean;
  readonly onSend: () => void;
  readonly onStop: (() => void) | undefined;
}

function SendButton({ ready, onSend, onStop }: SendButtonProps) {
  const t = useChatTexts();
  return onStop ? (
    <ActionIcon size={BUTTON_PX} color="red" variant="filled" aria-label={t('stop')} onClick={onStop}>
      <Square size={16} aria-hidden />
    </ActionIcon>
  ) : (
    <ActionIcon size={BUTTON_PX} variant="filled" aria-label={t('send')} onClick={onSend} disabled={!ready}>
      <SendHorizontal size={18} aria-hidden />
    </ActionIcon>
  );
}

interface ComposerProps {
  /** What is being written belongs to it: a conversation, or a new one. */
  readonly place: string;
  readonly settings: ChatSettings;
  /** Whether nothing can be asked now, such as without a key. */
  readonly locked: boolean;
  /** Stops the answer that is coming; undefined when none is. */
  readonly onStop: (() => void) | undefined;
  readonly onSend: (question: Pick<Question, 'text' | 'images'>) => void;
  readonly input: RefObject<HTMLTextAreaElement | null>;
  /** Scrolls to the newest turn; undefined when it is seen. */
  readonly onToEnd: (() => void) | undefined;
}

/** The place to write a question: Enter sends it, images come by button, paste or drop. */
export function Composer({ place, settings, locked, onStop, onSend, input, onToEnd }: ComposerProps) {
  const t = useChatTexts();
  const { text, setText, attachments, blind, problem, question, clear } = useDraft(place, settings, locked);
  const send = (): void => {
    if (!question || onStop) return;
    onSend(question);
    clear();
    input.current?.focus();
  };
  return (
    <DropArea onFiles={attachments.add}>
      {onToEnd && <ToEndButton onClick={onToEnd} />}
      {problem !== undefined && (
        <Alert color="yellow" variant="light" role="alert" py="xs">
          <Text size="sm">{problem}</Text>
        </Alert>
      )}
      <ImageStrip images={attachments.images} onRemove={attachments.remove} />
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <AttachButton reason={blind} onFiles={attachments.add} />
        <Textarea
          ref={input}
          flex={1}
          aria-label={t('message')}
          placeholder={t('placeholder')}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
          onPaste={(event) => {
            const files = [...event.clipboardData.files];
            if (files.length === 0) return;
            event.preventDefault();
            attachments.add(files);
          }}
          autosize
          minRows={1}
          maxRows={MOST_ROWS}
        />
        <SendButton ready={question !== undefined} onSend={send} onStop={onStop} />
      </Group>
    </DropArea>
  );
}
