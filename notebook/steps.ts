/** What the participant does with the tasks: starts, goes on, leaves one unsolved, runs out of time, finishes. */
import type { Question } from '../src/studies/questions.js';
import { element } from './dom.js';
import type { Flow } from './flow.js';
import { fill, type Messages } from './messages.js';
import type { PageView } from './page-view.js';
import type { EventData } from './protocol.js';
import { QuestionForm } from './question-form.js';
import type { Recorder } from './recorder.js';
import type { TaskSections } from './task-sections.js';
import { TimeLimit } from './time-limit.js';

export interface StepsParts {
  readonly flow: Flow;
  readonly recorder: Recorder;
  readonly view: PageView;
  readonly sections: TaskSections;
  readonly texts: Messages;
  readonly skipSurvey: readonly Question[];
  /** Everything is recorded; the page waits until the server has it, and goes. */
  readonly leave: () => void;
}

export class Steps {
  private readonly limit: TimeLimit;

  constructor(private readonly parts: StepsParts) {
    const { view, texts } = parts;
    this.limit = new TimeLimit({
      left: (seconds) => {
        view.setTimeLeft(seconds);
      },
      warning: (minutes) => {
        this.inform('time', minutes === 1 ? texts.lastMinute : fill(texts.minutesLeft, { minutes }));
      },
      over: () => {
        this.timeUp();
      },
    });
  }

  /** `taskSeconds`: how long the current task has been worked at on earlier pages. */
  begin(taskSeconds: number): void {
    this.arrive(taskSeconds);
  }

  start(): void {
    this.advance('start');
  }

  next(): void {
    this.advance('next');
  }

  async skip(): Promise<void> {
    const { flow, view, texts, skipSurvey, recorder } = this.parts;
    const isSure = await view.dialogs.ask({
      title: texts.skipTitle,
      content: [element('p', {}, flow.isLast ? texts.skipLastText : texts.skipText)],
      cancel: texts.skipRetry,
      confirm: texts.skipConfirm,
    });
    if (!isSure) return;
    if (skipSurvey.length > 0) {
      const answers = await this.askWhy();
      if (answers === null) return;
      recorder.record('skip-survey', { answers });
    }
    if (flow.isLast) this.finishNow('skip');
    else this.advance('skip');
  }

  async finish(): Promise<void> {
    const { view, texts } = this.parts;
    const isSure = await view.dialogs.ask({
      title: texts.finishTitle,
      content: [element('p', {}, texts.finishText)],
      cancel: texts.cancel,
      confirm: texts.finishConfirm,
    });
    if (isSure) this.finishNow(null);
  }

  /** The page has stopped: no time runs out on it. */
  stop(): void {
    this.limit.stop();
  }

  private async askWhy(): Promise<EventData['skip-survey']['answers'] | null> {
    const { view, texts, skipSurvey } = this.parts;
    const questions = new QuestionForm(skipSurvey, texts);
    let answers: EventData['skip-survey']['answers'] | null = null;
    await view.dialogs.ask({
      title: texts.skipSurveyTitle,
      content: [element('p', {}, texts.skipSurveyText), questions.root],
      cancel: texts.skipRetry,
      confirm: texts.skipSend,
      accepts: (form) => (answers = questions.answers(form)) !== null,
    });
    return answers;
  }

  private advance(how: 'start' | 'next' | 'skip' | 'time-up'): void {
    const { flow, recorder, sections } = this.parts;
    if (flow.isLast) return;
    recorder.flushEdits();
    // The event belongs to the task that is left; `to` is the position that the server resumes at.
    recorder.record(how, { to: flow.index + 1 });
    flow.advance();
    sections.show();
    recorder.snapshot();
    this.arrive(0);
    sections.goToCurrent();
  }

  private arrive(taskSeconds: number): void {
    const { flow, view, sections } = this.parts;
    for (const kind of ['time', 'time-up', 'not-run']) view.banners.dismiss(kind);
    view.showFlow(flow, sections.hasCode);
    this.limit.begin(flow.current, taskSeconds);
  }

  private timeUp(): void {
    const { flow, view, texts, sections } = this.parts;
    view.dialogs.close();
    if (flow.isLast) {
      this.finishNow('time-up');
      return;
    }
    this.advance('time-up');
    this.inform('time-up', texts.timeUp);
    sections.goToCurrent(); // below the banner
  }

  private finishNow(how: 'skip' | 'time-up' | null): void {
    const { flow, recorder, view, texts, leave } = this.parts;
    this.limit.stop();
    recorder.flushEdits();
    if (how !== null) recorder.record(how, { to: flow.index });
    recorder.record('finish', {});
    view.lock();
    view.banners.show('finishing', how === 'time-up' ? texts.timeUpLast : texts.sendingLast);
    leave();
  }

  private inform(kind: string, text: string): void {
    const { banners } = this.parts.view;
    const press = (): void => {
      banners.dismiss(kind);
    };
    banners.show(kind, text, { label: this.parts.texts.understood, press });
  }
}
