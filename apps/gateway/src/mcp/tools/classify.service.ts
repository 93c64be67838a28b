import { meanOf, normalised, scoreCategories } from './category-score.estimate.js';
import { answerOf, categoryQuestion, reasonQuestion, type Sorting } from './classify.translate.js';
import { firstSentences, toAnswer, toChat, uselessAnswer } from './question.translate.js';
import type { ToolWork } from './tool.types.js';

const ATTEMPTS = 2;
const MOST_SENTENCES = 2;
/** What all unseen categories together may weigh without being asked for one by one. */
const NEGLIGIBLE = 0.01;
const NO_REASON = 'The model gave no reason.';

/** A category and its probability. */
export interface Likelihood {
  readonly category: string;
  readonly probability: number;
}

async function scoresOf(sorting: Sorting, order: readonly string[], allowed: readonly string[], { ask }: ToolWork) {
  const answers = order.map(answerOf);
  const question = categoryQuestion(sorting, order, allowed);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const completion = await ask(toChat({ ...question, attempt }));
    const scores = scoreCategories(completion.choices[0]?.logprobs?.content ?? [], answers);
    if (scores.chosen !== undefined) return scores;
  }
  throw uselessAnswer(sorting.model, 'no category with the likelihood of its tokens');
}

/**
 * The probabilities of the categories, shown in this order. Categories whose tokens are not among those that the
 * runtime tells are asked for one by one, unless all of them together could not weigh anything.
 */
async function distribution(sorting: Sorting, order: readonly string[], work: ToolWork): Promise<number[]> {
  const { masses, unseenMass } = await scoresOf(sorting, order, order, work);
  const seen = masses.reduce<number>((sum, mass) => sum + (mass ?? 0), 0);
  const unseen = masses.filter((mass) => mass === undefined).length;
  const complete: number[] = [];
  for (const [index, mass] of masses.entries()) {
    const category = order[index] ?? '';
    if (mass !== undefined) complete.push(mass);
    else if (unseen * unseenMass <= NEGLIGIBLE * seen) complete.push(0);
    else complete.push((await scoresOf(sorting, order, [category], work)).masses[index] ?? 0);
  }
  return normalised(complete);
}

/**
 * How likely each category is: the mean over two orders of the list, because models favour a place in it. The
 * probabilities sum to 1, the likeliest category comes first.
 */
export async function likelihoods(sorting: Sorting, work: ToolWork): Promise<Likelihood[]> {
  const { categories } = sorting;
  const backwards = categories.toReversed();
  const forward = await distribution(sorting, categories, work);
  work.report(1, STEPS, 'reading the list the other way round');
  const backward = (await distribution(sorting, backwards, work)).toReversed();
  return meanOf([forward, backward])
    .map((probability, index) => ({ category: categories[index] ?? '', probability }))
    .sort((a, b) => b.probability - a.probability);
}

/** Steps of a call with a reason. */
export const STEPS = 3;

/** One or two sentences on why the text belongs to the category, in the words of the model. */
export async function reasonFor(sorting: Sorting, category: string, { ask }: ToolWork): Promise<string> {
  const question = reasonQuestion(sorting, category);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { text, cut } = toAnswer(await ask(toChat({ ...question, attempt })));
    const sentences = firstSentences(text, MOST_SENTENCES);
    if (sentences !== '') return cut && sentences === text ? `${sentences} …` : sentences;
  }
  return NO_REASON;
}
