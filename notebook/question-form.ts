/** Questions of a study as fields of a form, each with its own problem beside it. */
import type { Answer, Question } from '../src/studies/questions.js';
import { fieldName, readAnswers, type AnswerProblem } from './answers.js';
import { element } from './dom.js';
import { fill, type Messages } from './messages.js';

const MAX_TEXT = 10_000;

export class QuestionForm {
  readonly root = element('div', { class: 'questions' });
  private readonly blocks = new Map<string, { block: HTMLElement; problem: HTMLElement }>();

  constructor(
    private readonly questions: readonly Question[],
    private readonly texts: Messages,
  ) {
    for (const question of questions) {
      const problem = element('p', { class: 'problem', id: `problem-${question.id}`, hidden: '' });
      const block = this.block(question, problem);
      block.dataset.test = `question-${question.id}`;
      this.blocks.set(question.id, { block, problem });
      this.root.append(block);
    }
  }

  /** The answers, or `null`: then the first question that lacks one has the focus and says why. */
  answers(form: HTMLFormElement): Readonly<Record<string, Answer>> | null {
    const { answers, problems } = readAnswers(this.questions, new FormData(form));
    for (const question of this.questions) this.tell(question, problems.get(question.id));
    const [first] = problems.keys();
    if (first === undefined) return answers;
    this.blocks.get(first)?.block.querySelector<HTMLElement>('input, textarea')?.focus();
    return null;
  }

  private tell(question: Question, problem: AnswerProblem | undefined): void {
    const shown = this.blocks.get(question.id)!;
    shown.problem.hidden = problem === undefined;
    shown.problem.textContent = problem === undefined ? '' : this.problemText(question, problem);
    for (const field of shown.block.querySelectorAll('input, textarea')) {
      if (problem === undefined) field.removeAttribute('aria-invalid');
      else field.setAttribute('aria-invalid', 'true');
    }
  }

  private problemText(question: Question, problem: AnswerProblem): string {
    const { texts } = this;
    if (problem === 'required') return texts.answerRequired;
    if (problem === 'rows') return texts.answerRows;
    if (problem === 'number' || question.kind !== 'number') return texts.answerNumber;
    const { min, max } = question;
    if (min === undefined) return fill(texts.answerAtMost, { max: max! });
    if (max === undefined) return fill(texts.answerAtLeast, { min });
    return fill(texts.answerBetween, { min, max });
  }

  private block(question: Question, problem: HTMLElement): HTMLElement {
    switch (question.kind) {
      case 'text':
      case 'number':
        return this.writtenBlock(question, problem);
      case 'choice': {
        const type = question.several ? 'checkbox' : 'radio';
        const labels = question.options.map((option, index) => choice(type, fieldName(question), index, option));
        return this.group(question, problem, element('div', { class: 'options' }, ...labels));
      }
      case 'likert':
        return this.group(question, problem, scale(question));
      case 'matrix': {
        const rows = question.rows.map((row, index) => matrixRow(question, row, index));
        return this.group(question, problem, ...rows);
      }
    }
  }

  private writtenBlock(question: Question & { kind: 'text' | 'number' }, problem: HTMLElement): HTMLElement {
    const attributes = { name: question.id, id: `answer-${question.id}`, 'aria-describedby': problem.id };
    const field =
      question.kind === 'number'
        ? element('input', { ...attributes, type: 'text', inputmode: 'decimal', autocomplete: 'off', class: 'number' })
        : question.lines === 1
          ? element('input', { ...attributes, type: 'text', maxlength: String(MAX_TEXT), autocomplete: 'off' })
          : element('textarea', { ...attributes, rows: String(question.lines), maxlength: String(MAX_TEXT) });
    const label = element('label', { for: attributes.id }, this.words(question));
    return element('div', { class: 'question' }, label, field, problem);
  }

  private group(question: Question, problem: HTMLElement, ...content: HTMLElement[]): HTMLElement {
    const legend = element('legend', {}, this.words(question));
    return element('fieldset', { class: 'question', 'aria-describedby': problem.id }, legend, ...content, problem);
  }

  private words({ question, required }: Question): string {
    return required ? question : `${question} ${this.texts.optional}`;
  }
}

function choice(type: 'radio' | 'checkbox', name: string, value: number, label: string): HTMLElement {
  return element('label', { class: 'option' }, element('input', { type, name, value: String(value) }), label);
}

function scale(question: Question & { kind: 'likert' }): HTMLElement {
  const ends: Readonly<Record<number, string>> = { 1: question.low, [question.points]: question.high };
  const points = Array.from({ length: question.points }, (_, index) => {
    const point = index + 1;
    const label = choice('radio', fieldName(question), point, String(point));
    // Who hears the points one by one hears what the ends mean.
    if (ends[point]) label.querySelector('input')!.setAttribute('aria-label', `${point}: ${ends[point]}`);
    return label;
  });
  const end = (text: string): HTMLElement => element('span', { 'aria-hidden': 'true' }, text);
  return element('div', { class: 'scale' }, end(question.low), ...points, end(question.high));
}

function matrixRow(question: Question & { kind: 'matrix' }, row: string, index: number): HTMLElement {
  const options = question.options.map((option, value) => choice('radio', fieldName(question, index), value, option));
  return element(
    'fieldset',
    { class: 'row' },
    element('legend', {}, row),
    element('div', { class: 'options' }, ...options),
  );
}
