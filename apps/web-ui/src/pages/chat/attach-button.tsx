import { ActionIcon, FileButton, Tooltip } from '@mantine/core';
import { ImagePlus } from 'lucide-react';
import { useChatTexts } from './chat.texts';
import { IMAGE_TYPES } from './image-file.reader';

interface AttachButtonProps {
  /** Why no image can be sent; the button then says so and does nothing. */
  readonly reason: string | undefined;
  readonly onFiles: (files: readonly File[]) => void;
}

/** Takes images from files. */
export function AttachButton({ reason, onFiles }: AttachButtonProps) {
  const t = useChatTexts();
  const off = reason !== undefined;
  return (
    <FileButton multiple accept={IMAGE_TYPES.join(',')} onChange={onFiles}>
      {({ onClick }) => (
        <Tooltip label={reason ?? t('attach')} multiline maw={300} events={{ hover: true, focus: true, touch: true }}>
          <ActionIcon
            size={36}
            variant="default"
            aria-label={off ? `${t('attach')}. ${reason}` : t('attach')}
            aria-disabled={off}
            data-disabled={off || undefined}
            onClick={off ? undefined : onClick}
          >
            <ImagePlus size={18} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    </FileButton>
  );
}
