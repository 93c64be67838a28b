import { defineTexts } from '../i18n/texts';

/** Texts of what is said where no usage is recorded. */
export const useUsageOffTexts = defineTexts('usageOff', {
  en: {
    title: 'Usage is not recorded',
    why: 'This gateway was started with USAGE=off. Set USAGE=on in its environment, or in the file .env, and start it again: requests are recorded from then on.',
    before: 'What is shown here was recorded before.',
  },
  es: {
    title: 'El uso no se registra',
    why: 'Esta pasarela se inició con USAGE=off. Pon USAGE=on en su entorno, o en el archivo .env, y vuelve a iniciarla: las peticiones se registran desde entonces.',
    before: 'Lo que se ve aquí se registró antes.',
  },
});
