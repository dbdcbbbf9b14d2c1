/** The notebook: puts the parts together and answers what the participant does. */
import { CodeCellView, markdownView, type CellActions } from './cell-view.js';
import type { Task } from './document.js';
import { DocumentModel } from './document-model.js';
import { element } from './dom.js';
import type { CodeHelp } from './editor-help.js';
import { Flow } from './flow.js';
import { FocusClock } from './focus-clock.js';
import type { KernelSession, KernelEvents } from './kernel.js';
import { helpFrom } from './late-help.js';
import type { Messages } from './messages.js';
import { Outbox } from './outbox.js';
import { OutboxStore } from './outbox-store.js';
import { PageView } from './page-view.js';
import { isGone, type NotebookConfiguration } from './protocol.js';
import { Recorder } from './recorder.js';
import { reloadSoon } from './reload.js';
import { Runner } from './runner.js';
import { ServerError, type NotebookServer } from './server.js';

/** A changed document is sent whole this often, milliseconds. */
const SNAPSHOT_INTERVAL = 10_000;
const FINISH_RETRY = 2000;

export interface NotebookParts {
  readonly configuration: NotebookConfiguration;
  readonly server: NotebookServer;
  readonly texts: Messages;
  readonly nonce: string;
  readonly openKernel: (events: KernelEvents) => Promise<KernelSession>;
}

export class Notebook {
  private readonly store: OutboxStore;
  private readonly model: DocumentModel;
  private readonly flow: Flow;
  private readonly outbox: Outbox;
  private readonly recorder: Recorder;
  private readonly runner: Runner;
  private readonly view: PageView;
  private readonly kernel: Promise<KernelSession>;
  private readonly help: CodeHelp | null;
  private readonly clock = new FocusClock(() => performance.now(), document.hasFocus());
  private readonly page = randomId();
  private readonly cells = new Map<string, CodeCellView>();
  private readonly sections: HTMLElement[] = [];
  private ended = false;

  constructor(private readonly parts: NotebookParts) {
    const { configuration, server, texts } = parts;
    const { state } = configuration;
    this.store = new OutboxStore(localStorage, configuration.participant);
    const copy = this.store.copy();
    // This browser's copy is at least as new as the server's, unless another browser went on with the work.
    const start = copy && copy.seq >= state.acknowledged ? copy : { ...state, document: configuration.document };
    this.model = new DocumentModel(start.document);
    this.flow = new Flow(start.document.tasks, start.task);
    this.view = new PageView(configuration.study.title, texts, this.pageActions());
    this.outbox = new Outbox({
      store: this.store,
      acknowledged: state.acknowledged,
      send: (batch) => server.sendEvents(batch),
      document: () => this.model.document,
      onState: (saveState) => {
        this.view.setSaveState(saveState);
      },
      onStopped: (why) => {
        this.stopped(why);
      },
    });
    const { model, flow, outbox, store, clock, page } = this;
    this.recorder = new Recorder({ model, flow, outbox, store, clock, page });
    this.kernel = parts.openKernel(this.kernelEvents());
    this.help = configuration.notebook.completion ? { source: helpFrom(this.kernel), texts } : null;
    this.runner = new Runner({
      model,
      recorder: this.recorder,
      kernel: this.kernel,
      texts,
      view: (cellId) => this.cells.get(cellId)!,
      refuse: () => {
        this.view.banner('not-run', texts.notRun);
      },
    });
  }

  start(parent: HTMLElement): void {
    this.store.claimPage(this.page);
    this.model.document.tasks.forEach((task, index) => {
      if (this.flow.isVisible(index)) this.addTask(task);
    });
    this.view.setKernelState('starting');
    this.view.showFlow(this.flow);
    this.view.mount(parent);
    if (this.flow.index > 0) this.sections.at(-1)?.scrollIntoView();
    this.recorder.record('open', {
      width: innerWidth,
      height: innerHeight,
      language: navigator.language,
      resumed: this.flow.index > 0,
    });
    this.listen();
  }

  private addTask(task: Task): void {
    for (const section of this.sections) section.classList.remove('current');
    const section = element('section', { class: `task ${task.kind} current`, 'aria-label': task.title });
    for (const cell of task.cells) {
      if (cell.type === 'markdown') {
        section.append(markdownView(cell));
      } else {
        const { texts, nonce } = this.parts;
        const view = new CodeCellView(cell, this.cells.size + 1, texts, nonce, this.help, this.cellActions);
        this.cells.set(cell.id, view);
        section.append(view.root);
      }
    }
    this.sections.push(section);
    this.view.tasks.append(section);
  }

  private readonly cellActions: CellActions = {
    change: (cellId, source, changes, by) => {
      this.model.setSource(cellId, source);
      this.recorder.edited(cellId, changes, by);
    },
    run: (cellId) => {
      this.view.dismiss('not-run');
      void this.runner.run(cellId);
    },
    paste: (cellId, text) => {
      this.recorder.record('paste', { characters: text.length, text, own: false }, cellId);
    },
  };

  private pageActions() {
    return {
      start: () => {
        this.advance('start');
      },
      next: () => {
        this.advance('next');
      },
      skip: () => {
        if (this.flow.isLast) void this.finish('skip');
        else this.advance('skip');
      },
      finish: () => void this.finish('finish'),
      stop: () => {
        this.recorder.record('interrupt', {});
        void this.kernel.then((kernel) => kernel.interrupt()).catch(() => undefined);
      },
      reset: () => void this.reset(),
    };
  }

  private kernelEvents(): KernelEvents {
    return {
      state: (state) => {
        this.view.setKernelState(state);
      },
      lost: () => {
        const { kernelLost } = this.parts.texts;
        this.view.banner('kernel-lost', kernelLost, {
          label: 'OK',
          press: () => {
            this.view.dismiss('kernel-lost');
          },
        });
      },
      gone: () => void this.checkLease(),
    };
  }

  private advance(how: 'start' | 'next' | 'skip'): void {
    if (this.flow.isLast) return;
    this.recorder.flushEdits();
    // The event belongs to the task that is left; `to` is the position that the server resumes at.
    this.recorder.record(how, { to: this.flow.index + 1 });
    this.addTask(this.flow.advance());
    this.outbox.requestSnapshot();
    this.view.showFlow(this.flow);
    this.view.focusTitle();
    const motion = matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    this.sections.at(-1)?.scrollIntoView({ behavior: motion });
  }

  private async reset(): Promise<void> {
    const { resetTitle, resetText, resetConfirm } = this.parts.texts;
    if (!(await this.view.confirm(resetTitle, resetText, resetConfirm))) return;
    this.recorder.record('reset', {});
    const kernel = await this.kernel;
    await kernel.restart().catch(() => kernel.connect());
  }

  private async finish(how: 'skip' | 'finish'): Promise<void> {
    const { finishTitle, finishText, finishConfirm, sendingLast } = this.parts.texts;
    if (!(await this.view.confirm(finishTitle, finishText, finishConfirm))) return;
    this.recorder.flushEdits();
    if (how === 'skip') this.recorder.record('skip', { to: this.flow.index });
    this.recorder.record('finish', {});
    this.recorder.close();
    this.outbox.requestSnapshot();
    this.view.lock();
    this.view.banner('finishing', sendingLast);
    for (;;) {
      await this.outbox.flush();
      const answer = await this.parts.server.finish(this.outbox.lastSeq).catch(() => null);
      if (answer?.status === 200) {
        this.leave(answer.body.next);
        return;
      }
      if (answer && isGone(answer.status)) {
        this.stopped('gone');
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, FINISH_RETRY));
    }
  }

  private leave(next: unknown): void {
    this.ended = true;
    this.store.clear();
    const target = new URL(typeof next === 'string' ? next : '/survey', location.origin);
    location.assign(/^https?:$/.test(target.protocol) ? target.href : '/survey');
  }

  /** The page's work is over before the study's: everything stays in the browser's storage for the next page. */
  private stopped(why: 'gone' | 'other-page'): void {
    if (this.ended) return;
    this.ended = true;
    // The storage belongs to the other page now: what this one would still write there would take that page's numbers.
    if (why === 'gone') this.recorder.flushEdits();
    this.recorder.close();
    this.outbox.stop();
    this.view.lock();
    const { texts } = this.parts;
    const reload = (): void => {
      location.reload();
    };
    if (why === 'other-page') this.view.banner(why, texts.otherPage, { label: texts.continueHere, press: reload });
    else if (reloadSoon()) this.view.banner(why, texts.moved);
    else this.view.banner(why, texts.movedManual, { label: texts.reload, press: reload });
  }

  private listen(): void {
    const { recorder, outbox, clock, parts } = this;
    addEventListener('focus', () => {
      clock.focus();
      recorder.record('focus', {});
    });
    addEventListener('blur', () => {
      clock.blur();
      recorder.flushEdits();
      recorder.record('blur', {});
    });
    addEventListener('online', () => {
      outbox.kick();
      void this.kernel.then((kernel) => {
        kernel.hurry();
      });
    });
    addEventListener('pagehide', () => {
      recorder.flushEdits();
      if (!this.ended) parts.server.sendLast(outbox.remainder());
    });
    addEventListener('storage', (event) => {
      if (event.key === this.store.pageKey && event.newValue !== null) this.stopped('other-page');
    });
    setInterval(() => {
      recorder.snapshot();
    }, SNAPSHOT_INTERVAL);
    setInterval(() => void this.beat(), parts.configuration.heartbeatSeconds * 1000);
  }

  /** The instance refuses or is dead. Typing goes on, unless the web app says that this page's place is elsewhere now. */
  private async checkLease(): Promise<void> {
    const error: unknown = await this.parts.server.configuration().catch((reason: unknown) => reason);
    if (error instanceof ServerError && isGone(error.status)) this.stopped('gone');
  }

  private async beat(): Promise<void> {
    if (this.ended) return;
    const answer = await this.parts.server.heartbeat().catch(() => null);
    if (answer && isGone(answer.status)) this.stopped('gone');
  }
}

/** 128 random bits; `crypto.randomUUID` is there only over https and on localhost. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
