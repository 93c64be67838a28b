/** Formats that local models read. */
export const IMAGE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/bmp'] as const;
/** Most images of one question. */
export const MOST_IMAGES = 8;

/** Longest edge that is sent, pixels: models see no more, and a photo of a telephone would be 10 MB. */
const LONGEST_EDGE = 1600;
/** An image of fewer bytes is sent as it is, unless it is too wide. */
const SMALL_BYTES = 1_500_000;
const JPEG_QUALITY = 0.9;

/** Whether models read files of this type. */
export function isImageType(type: string): boolean {
  return (IMAGE_TYPES as readonly string[]).includes(type);
}

function asDataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error('unreadable'));
    reader.readAsDataURL(file);
  });
}

/** An image as a data URL, made smaller where it is larger than models see. Rejects for what is no image. */
export async function readImage(file: File): Promise<string> {
  const bitmap = await createImageBitmap(file);
  try {
    const scale = LONGEST_EDGE / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1 && file.size <= SMALL_BYTES) return await asDataUrl(file);
    const canvas = document.createElement('canvas');
    const factor = Math.min(1, scale);
    canvas.width = Math.round(bitmap.width * factor);
    canvas.height = Math.round(bitmap.height * factor);
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL('image/jpeg', JPEG_QUALITY);
  } finally {
    bitmap.close();
  }
}
