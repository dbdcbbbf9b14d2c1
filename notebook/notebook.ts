/** The notebook: puts the parts together. */
import type { CellActions } from './cell-view.js';
import { listenToClipboard } from './clipboard.js';
import { DocumentModel } from './document-model.js';
import { Flow } from './flow.js';
import { FocusClock } from './focus-clock.js';
import { beatEvery } from './heartbeat.js';
import type { KernelParts, KernelSession } from './kernel.js';
import { KernelWatch } from './kernel-watch.js';
import { helpFrom } from './late-help.js';
import { element } from './dom.js';
import { fill, type Messages } from './messages.js';
import { Outbox, type SaveState } from './outbox.js';
import type { OtherPages } from './other-pages.js';
import type { OutboxStore } from './outbox-store.js';
import { listenToPage, sizeOfWindow } from './page-events.js';
import { PageView } from './page-view.js';
import { isGone, type StopReason } from './protocol.js';
import { Recorder } from './recorder.js';
import { reloadSoon } from './reload.js';
import type { Resumption } from './resume.js';
import { Runner } from './runner.js';
import { ServerError, type NotebookServer } from './server.js';
import { SourceHint } from './source-hint.js';
import { Steps } from './steps.js';
import { handOverStrays } from './strays.js';
import { TaskSections } from './task-sections.js';

/** A changed document is sent whole this often, milliseconds. */
const SNAPSHOT_INTERVAL = 60_000;
const FINISH_RETRY = 2000;
/** Another page of this browser that is on its way has taken over after this time, or does not come, milliseconds. */
const PAGE_OPENS = 5000;
/** A connection that fails for a moment is not worth a banner, milliseconds. */
const OFFLINE_PATIENCE = 3000;

export interface NotebookParts {
  /** Where the page goes on. */
  readonly resumption: Resumption;
  readonly store: OutboxStore;
  /** The name of this page load. */
  readonly page: string;
  readonly others: OtherPages;
  readonly instance: string;
  readonly server: NotebookServer;
  readonly texts: Messages;
  readonly nonce: string;
  readonly openKernel: (parts: Omit<KernelParts, 'begun'>) => Promise<KernelSession>;
}

export class Notebook {
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
  private offlineTimer: ReturnType<typeof setTimeout> | undefined;
  private ended = false;

  constructor(private readonly parts: NotebookParts) {
    const { resumption, store, page, server, texts, instance, nonce } = parts;
    const { configuration, waiting } = resumption;
    const { state } = configuration;
    this.model = new DocumentModel(configuration.document);
    this.flow = new Flow(configuration.document.tasks, state.task, configuration.notebook.earlierTasks);
    this.view = new PageView(configuration.study.title, texts, this.pageActions());
    this.outbox = new Outbox({
      store,
      acknowledged: state.acknowledged,
      waiting,
      send: (batch) => server.sendEvents(batch),
      sendLast: (batch) => server.sendLast(batch),
      document: () => this.model.document,
      onState: (saveState) => {
        this.onSaveState(saveState);
      },
      onStopped: (why) => {
        this.stopped(why);
      },
    });
    const { model, flow, outbox, clock, view } = this;
    this.recorder = new Recorder({ model, flow, outbox, clock, choice: configuration.record, page });
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
    this.steps = new Steps({ flow, recorder, view, sections, texts, skipSurvey, leave });
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
    const { state, record } = this.parts.resumption.configuration;
    this.sections.show();
    this.view.setKernelState('starting');
    this.view.mount(parent);
    this.steps.begin(state.taskSeconds);
    this.sections.resumeAt(state.cursor);
    this.recorder.record('open', {
      ...(record.window ? sizeOfWindow() : { width: 0, height: 0 }),
      language: navigator.language,
      resumed: this.outbox.lastSeq > 0,
    });
    // What the participant sees when the work goes on; whatever was lost before, from here on it can be rebuilt.
    this.recorder.snapshot();
    this.listen();
    void this.handOverStrays();
  }

  private readonly cellActions: CellActions = {
    change: (cellId, text, changes, by) => {
      this.model.setText(cellId, text);
      this.recorder.edited(cellId, changes, by);
    },
    run: (cellId) => {
      this.view.banners.dismiss('not-run');
      void this.runner.run(cellId);
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
    this.recorder.snapshot();
    this.recorder.close();
    await this.handOverStrays();
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
    const target = new URL(typeof next === 'string' ? next : '/survey', location.origin);
    location.assign(/^https?:$/.test(target.protocol) ? target.href : '/survey');
  }

  /** The page's work is over before the study's. What the server did not take stays in the browser for the next page. */
  private stopped(why: StopReason): void {
    if (this.ended) return;
    this.ended = true;
    this.recorder.close();
    this.steps.stop();
    this.view.lock();
    const { texts } = this.parts;
    const { banners } = this.view;
    const press = (): void => {
      location.reload();
    };
    if (why === 'overtaken' && reloadSoon(0)) return;
    const kind = why === 'gone' ? 'gone' : 'other-page';
    if (kind === 'other-page') banners.show(kind, texts.otherPage, { label: texts.continueHere, press });
    else if (reloadSoon()) banners.show(kind, texts.moved);
    else banners.show(kind, texts.movedManual, { label: texts.reload, press });
    banners.focus(kind);
  }

  private onSaveState(state: SaveState): void {
    const { view, parts } = this;
    const { offlineLong, unkeptLong } = parts.texts;
    view.setSaveState(state);
    clearTimeout(this.offlineTimer);
    const text = { saved: null, saving: null, offline: offlineLong, unkept: unkeptLong }[state];
    if (text === null) {
      view.banners.dismiss('offline');
      return;
    }
    this.offlineTimer = setTimeout(() => {
      view.banners.show('offline', text);
    }, OFFLINE_PATIENCE);
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
    const { recorder, outbox, clock, flow, view, parts } = this;
    const online = (): void => {
      void this.kernel.then((kernel) => {
        kernel.hurry();
      });
    };
    listenToPage({ recorder, outbox, clock, flow, tasks: view.tasks, online });
    const { record, notebook, heartbeatSeconds } = parts.resumption.configuration;
    const hint = new SourceHint(view.tasks, parts.texts.askForSource, (text) => {
      view.tell(text);
    });
    const pasted = (): void => {
      if (notebook.askForSource) hint.show();
    };
    listenToClipboard({ recorder, keepsText: record.pastes, pasted });
    parts.others.onComing = () => {
      recorder.flushEdits();
      outbox.hold(PAGE_OPENS);
    };
    void parts.others.tookOver.then(() => {
      this.stopped('other-page');
      outbox.stop(); // the other page sends what waits
    });
    setInterval(() => {
      recorder.snapshotIfChanged();
    }, SNAPSHOT_INTERVAL);
    beatEvery(heartbeatSeconds, {
      ...{ server: parts.server, kernel: this.kernel, banners: view.banners, texts: parts.texts, page: parts.page },
      lastSeq: () => outbox.lastSeq,
      hasEnded: () => this.ended,
    });
  }

  private async handOverStrays(): Promise<void> {
    const { page, store, server } = this.parts;
    await this.outbox.flush();
    await handOverStrays({ page, store, send: (batch) => server.sendEvents(batch) });
  }
}
