import i18next from 'i18next';
import { initReactI18next, useTranslation } from 'react-i18next';
import { forBrowser } from '../storage/browser.storage';

/** Languages of the page. */
export const LANGUAGES = { en: 'English', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

const STORED = 'llm-agent-language';

function isLanguage(name: string | undefined): name is Language {
  return name === 'en' || name === 'es';
}

/** What the user chose, else the first language of the browser that there is, else English. */
function firstLanguage(): Language {
  const stored = forBrowser.get(STORED);
  if (isLanguage(stored)) return stored;
  return navigator.languages.map((name) => name.slice(0, 2)).find(isLanguage) ?? 'en';
}

/** Begins in the language of the user. Called once, before anything is drawn. */
export function startI18n(): void {
  const lng = firstLanguage();
  document.documentElement.lang = lng;
  void i18next.use(initReactI18next).init({
    lng,
    fallbackLng: 'en',
    initAsync: false,
    // React escapes.
    interpolation: { escapeValue: false },
    // The console is for what goes wrong here.
    showSupportNotice: false,
    resources: {},
  });
}

/** The language now, and how to change it; the choice is kept in the browser. */
export function useLanguage(): readonly [Language, (language: Language) => void] {
  const { i18n } = useTranslation();
  const change = (language: Language): void => {
    forBrowser.set(STORED, language);
    document.documentElement.lang = language;
    void i18n.changeLanguage(language);
  };
  return [isLanguage(i18n.language) ? i18n.language : 'en', change];
}
