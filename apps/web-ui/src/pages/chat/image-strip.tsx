import { ActionIcon, Group } from '@mantine/core';
import { X } from 'lucide-react';
import { useChatTexts } from './chat.texts';
import classes from './chat.module.css';

interface ImageStripProps {
  readonly images: readonly string[];
  readonly onRemove: (index: number) => void;
}

/** The images that go with the next question. */
export function ImageStrip({ images, onRemove }: ImageStripProps) {
  const t = useChatTexts();
  if (images.length === 0) return null;
  return (
    <Group gap="xs">
      {images.map((url, index) => (
        <div key={index} className={classes['attached']}>
          <img src={url} alt={t('imageNumber', { number: index + 1 })} className={classes['thumb']} />
          <ActionIcon
            size={24}
            variant="default"
            radius="xl"
            className={classes['remove']}
            aria-label={t('removeImage', { number: index + 1 })}
            onClick={() => onRemove(index)}
          >
            <X size={14} aria-hidden />
          </ActionIcon>
        </div>
      ))}
    </Group>
  );
}
