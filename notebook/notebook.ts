/** The notebook: puts the parts together. */
import type { CellActions } from './cell-view.js';
import { DocumentModel } from './document-model.js';
import { Flow } from './flow.js';
import { FocusClock } from './focus-clock.js';
import type { KernelParts, KernelSession } from './kernel.js';
import { KernelWatch } from './kernel-watch.js';
import { helpFrom } from './late-help.js';
import { element } from './dom.js';
import { fill, type Messages } from './messages.js';
import { Outbox, type SaveState } from './outbox.js';
import { OutboxStore } from './outbox-store.js';
import { PageView } from './page-view.js';
import { isGone, type NotebookConfiguration } from './protocol.js';
import { Recorder } from './recorder.js';
import { reloadSoon } from './reload.js';
import { Runner } from './runner.js';
import { ServerError, type NotebookServer } from './server.js';
import { Steps } from './steps.js';
import { TaskSections } from './task-sections.js';

/** A changed document is sent whole this often, milliseconds. */
const SNAPSHOT_INTERVAL = 10_000;
const FINISH_RETRY = 2000;
/** A connection that fails for a moment is not worth a banner, milliseconds. */
const OFFLINE_PATIENCE = 3000;

export interface NotebookParts {
  readonly configuration: NotebookConfiguration;
  readonly instance: string;
  readonly server: NotebookServer;
  readonly texts: Messages;
  readonly nonce: string;
  readonly openKernel: (parts: KernelParts) => Promise<KernelSession>;
}

export class Notebook {
  private readonly store: OutboxStore;
  private readonly model: DocumentModel;
  private readonly flow: Flow;
  private readonly outbox: Outbox;
  private readonly recorder: Recorder;
  private readonly runner: Runner;
  private readonly view: PageView;
  private readonly sections: TaskSections;
  private readonly steps: Steps;
  private readonly watch: KernelWatch;
  private readonly kernel: Promise<KernelSession>;
  private readonly clock = new FocusClock(() => performance.now(), document.hasFocus());
  private readonly page = randomId();
  private offlineTimer: ReturnType<typeof setTimeout> | undefined;
  private ended = false;

  constructor(private readonly parts: NotebookParts) {
    const { configuration, server, texts, instance, nonce } = parts;
    const { state } = configuration;
    this.store = new OutboxStore(localStorage, configuration.participant);
    const copy = this.store.copy();
    // This browser's copy is at least as new as the server's, unless another browser went on with the work.
    const start = copy && copy.seq >= state.acknowledged ? copy : { ...state, document: configuration.document };
    this.model = new DocumentModel(start.document);
    this.flow = new Flow(start.document.tasks, start.task, configuration.notebook.earlierTasks);
    this.view = new PageView(configuration.study.title, texts, this.pageActions());
    this.outbox = new Outbox({
      store: this.store,
      acknowledged: state.acknowledged,
      send: (batch) => server.sendEvents(batch),
      document: () => this.model.document,
      onState: (saveState) => {
        this.onSaveState(saveState);
      },
      onStopped: (why) => {
        this.stopped(why);
      },
    });
    const { model, flow, outbox, store, clock, page, view } = this;
    this.recorder = new Recorder({ model, flow, outbox, store, clock, page });
    const { recorder } = this;
    const moved = (to: string): void => {
      this.moveTo(to);
    };
    this.watch = new KernelWatch({ model, flow, view, recorder, texts, moved, runner: () => this.runner });
    this.kernel = parts.openKernel({ instance, events: this.watch, place: () => this.place() });
    const help = configuration.notebook.completion ? { source: helpFrom(this.kernel), texts } : null;
    const tasks = model.document.tasks;
    this.sections = new TaskSections({ root: view.tasks, tasks, flow, texts, nonce, help, actions: this.cellActions });
    const { sections } = this;
    const { skipSurvey } = configuration;
    const leave = (): void => void this.leave();
    this.steps = new Steps({ flow, recorder, outbox, view, sections, texts, skipSurvey, leave });
    this.runner = new Runner({
      model,
      recorder,
      kernel: this.kernel,
      texts,
      view: (cellId) => sections.cell(cellId),
      refuse: () => {
        view.banners.show('not-run', texts.notRun);
      },
      settled: (cellId, status) => {
        const text = status === 'ok' ? texts.cellDone : texts.cellFailed;
        view.tell(fill(text, { number: sections.cell(cellId).number }));
      },
    });
  }

  start(parent: HTMLElement): void {
    const { state } = this.parts.configuration;
    this.store.claimPage(this.page);
    this.sections.show();
    this.view.setKernelState('starting');
    this.view.mount(parent);
    // What the server counted belongs to the task that the server knows of.
    this.steps.begin(this.flow.index === state.task ? state.taskSeconds : 0);
    this.sections.resumeAt(state.cursor);
    this.recorder.record('open', {
      width: innerWidth,
      height: innerHeight,
      language: navigator.language,
      resumed: this.flow.index > 0,
    });
    this.listen();
  }

  private readonly cellActions: CellActions = {
    change: (cellId, source, changes, by) => {
      this.model.setSource(cellId, source);
      this.recorder.edited(cellId, changes, by);
    },
    run: (cellId) => {
      this.view.banners.dismiss('not-run');
      void this.runner.run(cellId);
    },
    paste: (cellId, text) => {
      this.recorder.record('paste', { characters: text.length, text, own: false }, cellId);
    },
  };

  private pageActions() {
    return {
      start: () => {
        this.steps.start();
      },
      next: () => {
        this.steps.next();
      },
      skip: () => void this.steps.skip(),
      finish: () => void this.steps.finish(),
      stop: () => {
        this.recorder.record('interrupt', {});
        void this.kernel.then((kernel) => kernel.interrupt()).catch(() => undefined);
      },
      reset: () => void this.reset(),
      toCurrentTask: () => {
        this.sections.goToCurrent();
      },
    };
  }

  private async reset(): Promise<void> {
    const { resetTitle, resetText, resetConfirm, cancel, kernelLost } = this.parts.texts;
    const content = [element('p', {}, resetText)];
    if (!(await this.view.dialogs.ask({ title: resetTitle, content, cancel, confirm: resetConfirm }))) return;
    this.recorder.record('reset', {});
    const kernel = await this.kernel;
    await kernel.restart().catch(() => kernel.connect());
    this.watch.tellLost(kernelLost);
  }

  /** Everything is recorded: the page goes when the server has it. */
  private async leave(): Promise<void> {
    this.recorder.close();
    this.outbox.requestSnapshot();
    for (;;) {
      await this.outbox.flush();
      const answer = await this.parts.server.finish(this.outbox.lastSeq).catch(() => null);
      if (answer?.status === 200) {
        this.goTo(answer.body.next);
        return;
      }
      if (answer && isGone(answer.status)) {
        this.stopped('gone');
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, FINISH_RETRY));
    }
  }

  private goTo(next: unknown): void {
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
    this.steps.stop();
    this.view.lock();
    const { texts } = this.parts;
    const { banners } = this.view;
    const press = (): void => {
      location.reload();
    };
    if (why === 'other-page') banners.show(why, texts.otherPage, { label: texts.continueHere, press });
    else if (reloadSoon()) banners.show(why, texts.moved);
    else banners.show(why, texts.movedManual, { label: texts.reload, press });
    banners.focus(why);
  }

  private onSaveState(state: SaveState): void {
    const { view, parts } = this;
    view.setSaveState(state);
    if (state === 'offline') {
      this.offlineTimer ??= setTimeout(() => {
        view.banners.show('offline', parts.texts.offlineLong);
      }, OFFLINE_PATIENCE);
      return;
    }
    clearTimeout(this.offlineTimer);
    this.offlineTimer = undefined;
    view.banners.dismiss('offline');
  }

  /** The kernel is on another instance: the page belongs to its address from now on, without being loaded again. */
  private moveTo(instance: string): void {
    this.parts.server.moveTo(instance);
    history.replaceState(null, '', `/proxy/${instance}/`);
  }

  private async place(): Promise<string | null | undefined> {
    try {
      return await this.parts.server.place();
    } catch (error) {
      if (error instanceof ServerError && isGone(error.status)) this.stopped('gone');
      return undefined; // asked again; the page shows that it is offline
    }
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

  private async beat(): Promise<void> {
    if (this.ended) return;
    const answer = await this.parts.server.heartbeat().catch(() => null);
    // No lease on this instance any more: there may be another one.
    if (answer && isGone(answer.status)) await (await this.kernel).checkPlace();
  }
}

/** 128 random bits; `crypto.randomUUID` is there only over https and on localhost. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
