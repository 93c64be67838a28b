import i18next from 'i18next';
import { useTranslation } from 'react-i18next';

/** Values for the places of a text, such as `{{count}}`. */
export type TextValues = Readonly<Record<string, string | number>>;

/** Keys of texts; those in `_one` and `_other` are two forms of one text, chosen by `count`. */
type BaseKey<K extends string> = K extends `${infer Base}_one` | `${infer Base}_other` ? Base : K;

/** Gives the text of a key in the language of now. */
export type Translate<K extends string> = (key: BaseKey<K>, values?: TextValues) => string;

/**
 * Declares the texts of one room in both languages and gives the hook that reads them. A key that is missing in one
 * language does not compile.
 */
export function defineTexts<const E extends Readonly<Record<string, string>>>(
  room: string,
  texts: { readonly en: E; readonly es: Readonly<Record<keyof E, string>> },
): () => Translate<keyof E & string> {
  for (const language of ['en', 'es'] as const) {
    const add = (): unknown => i18next.addResourceBundle(language, room, texts[language]);
    if (i18next.isInitialized) add();
    else i18next.on('initialized', add);
  }
  return () => {
    const { t } = useTranslation(room);
    return (key, values) => t(key, values ?? {});
  };
}
