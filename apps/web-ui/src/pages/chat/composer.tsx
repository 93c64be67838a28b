import { ActionIcon, Alert, Button, FileButton, Group, Stack, Text, Textarea, Tooltip } from '@mantine/core';
import { ArrowDown, ImagePlus, SendHorizontal, Square } from 'lucide-react';
import { useState, type DragEvent, type KeyboardEvent, type RefObject } from 'react';
import { useChatTexts } from './chat.texts';
import type { ChatSettings, Question } from './chat.types';
import { useAttachments } from './image-attachments.hook';
import { IMAGE_TYPES } from './image-file.reader';
import { ImageStrip } from './image-strip';
import { areSendable } from './settings.policy';
import { useSight } from './sight.hook';
import classes from './chat.module.css';

const MOST_ROWS = 8;

interface ComposerProps {
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

interface AttachButtonProps {
  /** Why no image can be sent. */
  readonly reason: string | undefined;
  readonly onFiles: (files: readonly File[]) => void;
}

function AttachButton({ reason, onFiles }: AttachButtonProps) {
  const t = useChatTexts();
  return (
    <FileButton multiple accept={IMAGE_TYPES.join(',')} onChange={onFiles}>
      {({ onClick }) => (
        <Tooltip label={reason ?? t('attach')} multiline maw={300} events={{ hover: true, focus: true, touch: true }}>
          <ActionIcon
            size="lg"
            variant="default"
            aria-label={t('attach')}
            aria-disabled={reason !== undefined}
            data-disabled={reason !== undefined || undefined}
            onClick={reason === undefined ? onClick : undefined}
          >
            <ImagePlus size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </FileButton>
  );
}

function Problem({ text }: { readonly text: string | undefined }) {
  return text === undefined ? null : (
    <Alert color="yellow" variant="light" role="alert" py="xs">
      <Text size="sm">{text}</Text>
    </Alert>
  );
}

function filesOf(data: DataTransfer): readonly File[] {
  return [...data.files];
}

/** The place to write a question: Enter sends it, images come by button, paste or drop. */
export function Composer({ settings, locked, onStop, onSend, input, onToEnd }: ComposerProps) {
  const t = useChatTexts();
  const [text, setText] = useState('');
  const [dropping, setDropping] = useState(false);
  const attachments = useAttachments();
  const { images } = attachments;
  const sight = useSight(settings);
  const blind =
    sight === false ? t(settings.model === 'auto' ? 'blindAuto' : 'blind', { model: settings.model }) : undefined;
  const sendable = areSendable(settings);
  const problem =
    (images.length > 0 ? blind : undefined) ?? attachments.problem ?? (sendable ? undefined : t('badSchema'));
  const ready =
    (text.trim() !== '' || images.length > 0) && !locked && sendable && !(images.length > 0 && sight === false);
  const send = (): void => {
    if (!ready || onStop) return;
    onSend({ text: text.trim(), images });
    setText('');
    attachments.clear();
    input.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    setDropping(false);
    attachments.add(filesOf(event.dataTransfer));
  };
  return (
    <div
      className={classes['composer']}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={onDrop}
    >
      <Stack gap="xs" className={dropping ? classes['dropping'] : undefined}>
        {onToEnd && (
          <Group justify="center">
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<ArrowDown size={14} aria-hidden />}
              onClick={onToEnd}
            >
              {t('toEnd')}
            </Button>
          </Group>
        )}
        <Problem text={problem} />
        <ImageStrip images={images} onRemove={attachments.remove} />
        <Group gap="xs" align="flex-end" wrap="nowrap">
          <AttachButton reason={blind} onFiles={attachments.add} />
          <Textarea
            ref={input}
            flex={1}
            aria-label={t('message')}
            placeholder={t('placeholder')}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onPaste={(event) => {
              const files = filesOf(event.clipboardData);
              if (files.length === 0) return;
              event.preventDefault();
              attachments.add(files);
            }}
            autosize
            minRows={1}
            maxRows={MOST_ROWS}
          />
          {onStop ? (
            <ActionIcon size="lg" color="red" variant="filled" aria-label={t('stop')} onClick={onStop}>
              <Square size={16} aria-hidden />
            </ActionIcon>
          ) : (
            <ActionIcon size="lg" variant="filled" aria-label={t('send')} onClick={send} disabled={!ready}>
              <SendHorizontal size={18} aria-hidden />
            </ActionIcon>
          )}
        </Group>
      </Stack>
    </div>
  );
}
