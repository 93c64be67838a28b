import { useState } from 'react';
import { useChatTexts } from './chat.texts';
import { changeDraft, draftAt, useDrafts } from './draft.store';
import { isImageType, MOST_IMAGES, readImage } from './image-file.reader';

/** Images that go with the next question. */
export interface Attachments {
  readonly images: readonly string[];
  /** What is wrong with the files that were given last. */
  readonly problem: string | undefined;
  readonly add: (files: readonly File[]) => void;
  readonly remove: (index: number) => void;
  readonly clear: () => void;
}

/** Takes images from wherever they come to what is being written at a place: a button, the clipboard, a drop. */
export function useAttachments(place: string): Attachments {
  const t = useChatTexts();
  const { images } = useDrafts((drafts) => draftAt(drafts, place));
  const setImages = (change: (before: readonly string[]) => readonly string[]): void =>
    changeDraft(place, (before) => ({ images: change(before.images) }));
  const [problem, setProblem] = useState<string>();
  const add = async (files: readonly File[]): Promise<void> => {
    setProblem(undefined);
    for (const file of files) {
      if (!isImageType(file.type)) {
        setProblem(t('notImage', { name: file.name }));
        continue;
      }
      try {
        const url = await readImage(file);
        setImages((before) => (before.length < MOST_IMAGES ? [...before, url] : before));
      } catch {
        setProblem(t('imageBroken', { name: file.name }));
      }
    }
    if (files.length + images.length > MOST_IMAGES) setProblem(t('tooMany', { most: MOST_IMAGES }));
  };
  return {
    images,
    problem,
    add: (files) => void add(files),
    remove: (index) => setImages((before) => before.filter((_url, at) => at !== index)),
    clear: () => {
      setImages(() => []);
      setProblem(undefined);
    },
  };
}
