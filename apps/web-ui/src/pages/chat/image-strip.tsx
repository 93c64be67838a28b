import { CloseButton, Group, Indicator } from '@mantine/core';
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
    <Group gap="md" pt="xs">
      {images.map((url, index) => (
        <Indicator
          key={index}
          size={26}
          color="gray"
          label={
            <CloseButton
              size="sm"
              variant="default"
              aria-label={t('removeImage', { number: index + 1 })}
              onClick={() => onRemove(index)}
            />
          }
        >
          <img src={url} alt={t('imageNumber', { number: index + 1 })} className={classes['thumb']} />
        </Indicator>
      ))}
    </Group>
  );
}
