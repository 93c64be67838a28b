import type { Locator, Page } from 'playwright-core';

/** The chat as a person uses it: by the names of what is there. */
export class ChatView {
  readonly input: Locator;
  readonly questions: Locator;
  readonly answers: Locator;

  constructor(readonly page: Page) {
    this.input = page.getByRole('textbox', { name: 'Message' });
    this.questions = page.getByRole('article', { name: 'Your question' });
    this.answers = page.getByRole('article', { name: /^Answer of/ });
  }

  /** The answer that came last. */
  get last(): Locator {
    return this.answers.last();
  }

  /** Chooses who answers. */
  async choose(model: string): Promise<void> {
    await this.page.getByRole('combobox', { name: 'Model' }).click();
    await this.page.getByRole('option', { name: model, exact: true }).click();
  }

  /** Changes numbers of the settings, and closes them. */
  async set(numbers: Readonly<Record<string, string>>): Promise<void> {
    await this.openSettings();
    for (const [name, value] of Object.entries(numbers)) await this.page.getByLabel(name, { exact: true }).fill(value);
    await this.closeSettings();
  }

  /** Opens the settings. */
  async openSettings(): Promise<void> {
    await this.page.getByRole('button', { name: /^Settings/ }).click();
    await this.page.getByRole('dialog').waitFor();
  }

  /** Closes them. */
  async closeSettings(): Promise<void> {
    await this.page.getByRole('button', { name: 'Close the settings' }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  /** Writes a question and sends it by Enter; does not wait for the answer. */
  async ask(question: string): Promise<void> {
    await this.input.fill(question);
    await this.input.press('Enter');
    await this.questions
      .filter({ hasText: question.slice(0, 40) })
      .last()
      .waitFor();
  }

  /** Asks, waits until the answer has ended, and gives its text with all that stands under it. */
  async answerTo(question: string): Promise<string> {
    await this.ask(question);
    return this.ended();
  }

  /** Waits until the last answer has ended. */
  async ended(): Promise<string> {
    await this.page.getByRole('button', { name: 'Send', exact: true }).waitFor();
    await this.last.getByTestId('figures').waitFor();
    return this.last.innerText();
  }

  /** Waits until some words of the last answer have come. */
  async begun(): Promise<void> {
    await this.last
      .getByRole('paragraph')
      .filter({ hasText: /\w+\W+\w+/ })
      .first()
      .waitFor();
  }
}
